"""What both services have in common: problems, headers, health, documentation."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from tests.support.app import API, App, http_settings, open_app

from reelscribe.database.session import Database, create_sqlite
from reelscribe.engines.storage.errors import StorageFull, StorageUnavailable
from reelscribe.problems import Conflict, NotFound, TooManyRequests, Unavailable
from reelscribe.services.readiness import Readiness

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["api", "summarizer"])
async def service(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(tmp_path, service=request.param) as opened:
        yield opened


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(tmp_path) as opened:
        yield opened


def add_failing(app: FastAPI, error: Exception) -> None:
    @app.get("/fails")
    async def fails() -> None:
        raise error


def add_missing_table(app: FastAPI, database: Database) -> None:
    @app.get("/database")
    async def use() -> None:
        await database.check()


async def test_what_is_not_there_is_a_problem_that_names_its_request(service: App) -> None:
    answer = await service.http.get("/nothing")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "request_id"}
    assert body["status"] == 404
    assert body["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("path", "methods"), [("/auth/login", "POST"), ("/users/me", "DELETE, GET, PATCH"), ("/health", "GET")]
)
async def test_a_wrong_method_names_all_the_right_ones(app: App, path: str, methods: str) -> None:
    answer = await app.http.put(API + path)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == methods
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("given", ["abcd-1234", "0192f3b0-c1d2-7000-8000-000000000000"])
async def test_a_sane_request_id_is_kept(service: App, given: str) -> None:
    answer = await service.http.get(f"{API}/health/live", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "a", "x" * 65, "a b c d", "a\tbcd", "<script>", "ab\xe9cd", "-abcd"])
async def test_another_request_id_is_replaced(service: App, given: str) -> None:
    headers = {"X-Request-ID": given.encode("latin-1")}
    answer = await service.http.get(f"{API}/health/live", headers=headers)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize("path", ["/nothing", f"{API}/health/live", "/docs", "/openapi.json"])
async def test_every_answer_carries_the_safe_headers(service: App, path: str) -> None:
    headers = (await service.http.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (NotFound(), 404, {}),
        (Conflict("no"), 409, {}),
        (TooManyRequests(retry_after=3.2), 429, {"Retry-After": "4"}),
        (Unavailable("away", retry_after=5), 503, {"Retry-After": "5"}),
        (StorageUnavailable("/secret/folder"), 503, {"Retry-After": "2"}),
        (StorageFull("/secret/folder"), 507, {}),
        (RuntimeError("/secret/folder"), 500, {}),
        (ExceptionGroup("group", [ValueError("/secret/folder")]), 500, {}),
    ],
)
async def test_every_error_is_answered_as_a_problem_and_tells_no_secret(
    app: App, error: Exception, status: int, headers: dict[str, str]
) -> None:
    add_failing(app.app, error)
    answer = await app.http.get("/fails")
    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "secret" not in answer.text
    for name, value in headers.items():
        assert answer.headers[name] == value


async def test_an_absent_database_is_a_503_and_not_a_500(app: App, tmp_path: Path) -> None:
    away = Database(create_sqlite(tmp_path / "no such folder" / "x.db"))
    add_missing_table(app.app, away)
    answer = await app.http.get("/database")
    await away.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "sqlite" not in answer.text.lower()


async def test_a_bad_field_is_named_and_what_was_sent_is_not_repeated(app: App) -> None:
    body = {"name": "", "email": "ada", "password": "hunter2"}
    answer = await app.http.post(f"{API}/auth/signup", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body.name", "body.email", "body.password"]
    assert "hunter2" not in answer.text


async def test_broken_json_is_a_problem(app: App) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await app.http.post(f"{API}/auth/login", content=b'{"email": ', headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "json_invalid"


async def test_root_leads_to_the_documentation(app: App) -> None:
    answer = await app.http.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (307, "/docs")


async def test_the_summarizer_says_what_it_is(tmp_path: Path) -> None:
    async with open_app(tmp_path, service="summarizer") as app:
        root, info = await app.http.get("/"), await app.http.get(API)
        assert root.json() == info.json()
        assert root.json()["service"] == "summarizer"
        assert root.json()["version"]


async def test_the_documentation_needs_nothing_but_this_service(service: App) -> None:
    page = await service.http.get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/")
        assert (await service.http.get(address)).status_code == 200
    assert "<script>" not in page.text
    assert "style=" not in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


async def test_every_operation_is_described_with_its_own_id_and_typed_errors(app: App) -> None:
    document = (await app.http.get("/openapi.json")).json()
    operations = [
        (f"{method} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    names = [operation["operationId"] for _, operation in operations]
    assert len(set(names)) == len(names)
    for where, operation in operations:
        assert operation.get("summary"), where
        assert operation.get("tags"), where
        for status, response in operation["responses"].items():
            if int(status) >= 400 and "health" not in where:
                assert response["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
                }, (where, status)
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    names_of_schemas = set(re.findall(r"#/components/schemas/([\w.-]+)", text))
    assert names_of_schemas <= set(document["components"]["schemas"])


async def test_account_bodies_have_examples(app: App) -> None:
    schemas = (await app.http.get("/openapi.json")).json()["components"]["schemas"]
    for name in ("SignupRequest", "LoginRequest", "CheckEmailRequest", "UserOut", "Token", "ProblemDetails"):
        fields = schemas[name]["properties"].values()
        assert "example" in schemas[name] or any("examples" in field for field in fields), name


async def test_other_origins_are_let_in_only_when_they_are_named(tmp_path: Path) -> None:
    headers = {"Origin": "https://ui.example", "Access-Control-Request-Method": "POST"}
    async with open_app(tmp_path / "closed") as app:
        answer = await app.http.options(f"{API}/auth/login", headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
    settings = http_settings(cors_origins="https://ui.example, https://other.example/")
    async with open_app(tmp_path / "open", http=settings) as app:
        answer = await app.http.options(f"{API}/auth/login", headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "https://ui.example"
        evil = await app.http.get(f"{API}/health/live", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in evil.headers
        add_failing(app.app, RuntimeError("x"))
        failed = await app.http.get("/fails", headers={"Origin": "https://ui.example"})
        assert (failed.status_code, failed.headers["Access-Control-Allow-Origin"]) == (500, "https://ui.example")


async def ready(service: App) -> httpx.Response:
    return await service.http.get(f"{API}/health/ready")


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
async def test_health_is_answered_with_and_without_the_prefix(service: App, path: str) -> None:
    for address in (path, API + path):
        answer = await service.http.get(address)
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("kind", ["api", "summarizer"])
async def test_each_service_tells_its_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("APP_ENV", "rehearsal")
    async with open_app(tmp_path, service=kind) as running:
        told = (await running.http.get(f"{API}/health")).json()
        assert (told["service"], told["environment"]) == (kind, "rehearsal")
        if kind == "summarizer":
            for address in ("/", API):
                assert (await running.http.get(address)).json()["environment"] == "rehearsal"


async def test_ready_names_each_check_with_its_time(service: App) -> None:
    body = (await ready(service)).json()
    assert set(body) == {"status", "checks"}
    assert set(body["checks"]) == {"database", "storage", "search", "memory", "disk"}
    for check in body["checks"].values():
        assert check["status"] == "ok"
        assert check["latency_ms"] >= 0
        assert set(check) == {"status", "latency_ms"}


async def test_ready_leaves_nothing_behind(service: App) -> None:
    await ready(service)
    assert [item.key async for item in service.platform.storage.list("")] == []


async def test_a_storage_that_cannot_be_written_is_named(service: App) -> None:
    objects = service.platform.settings.objects_dir
    shutil.rmtree(objects)
    objects.write_text("a file in the folder's place")
    answer = await ready(service)
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    failed = {name for name, check in answer.json()["checks"].items() if check["status"] == "failed"}
    assert failed == {"storage"}
    assert answer.json()["checks"]["storage"]["error"].startswith("StorageUnavailable: ")
    assert str(service.platform.settings.data_dir) not in answer.text
    assert (await service.http.get(f"{API}/health/live")).status_code == 200


async def test_a_data_folder_that_was_moved_is_named_until_it_is_back(
    service: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The open database goes on in the moved folder, and the storage makes a new one: nothing fails by itself."""
    data = service.platform.settings.data_dir
    away = data.with_name(f"{data.name}-away")
    monkeypatch.setattr("reelscribe.services.readiness.GOOD_FOR_SECONDS", 0)
    assert (await ready(service)).status_code == 200
    data.rename(away)
    for is_replaced in (False, True):
        if is_replaced:
            data.mkdir(exist_ok=True)
            (data / "reelscribe.db").touch()
        answer = await ready(service)
        assert answer.status_code == 503
        assert "was moved" in answer.json()["checks"]["database"]["error"]
        assert str(data.parent) not in answer.text
    shutil.rmtree(data)
    away.rename(data)
    assert (await ready(service)).status_code == 200


async def test_a_check_that_hangs_is_given_up_and_named_beside_those_that_answer() -> None:
    async def hangs() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        raise OSError("postgres://reel:hunter2@db/x is away\nand more")

    async def works() -> None:
        return

    report = await Readiness({"slow": hangs, "broken": fails, "fine": works}, limit=0.05).report()
    assert report.status == "unavailable"
    assert report.checks["slow"].error == "no answer within 0.05 s"
    assert report.checks["broken"].error == "OSError"
    assert report.checks["fine"].status == "ok"


async def test_many_probes_at_once_are_one_look() -> None:
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    readiness = Readiness({"one": look})
    await asyncio.gather(*(readiness.report() for _ in range(50)))
    assert looks == 1
