"""Hostile JSON: whatever comes, the answer is a right one or a problem, never a 5xx and never a hang."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.app import API, PASSWORD, App, Person, open_app

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
ROUTES = ("auth/signup", "auth/login", "users/check-email")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={"name": ANYTHING, "email": ANYTHING | st.emails(), "password": ANYTHING, "current_password": ANYTHING},
)
MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(tmp_path) as opened:
        yield opened


@pytest.fixture
async def person(app: App) -> Person:
    return await app.signup()


async def post(app: App, route: str, content: bytes) -> tuple[int, dict[str, object]]:
    answer = await app.http.post(f"{API}/{route}", content=content, headers=JSON)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()


@MANY
@given(route=st.sampled_from(ROUTES), body=ANYTHING | FIELDS)
async def test_any_json_is_answered(app: App, route: str, body: object) -> None:
    status, _ = await post(app, route, json.dumps(body).encode())
    assert status in (200, 201, 401, 409, 422)


@MANY
@given(route=st.sampled_from(ROUTES), content=st.binary(max_size=200))
async def test_any_bytes_are_answered(app: App, route: str, content: bytes) -> None:
    status, _ = await post(app, route, content)
    assert status in (400, 422)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 500_000,
        b'{"a":' * 150_000,
        b'{"email": ' + b"9" * 100_000 + b"}",
        b'{"email": "\\ud800@example.com", "password": "x"}',
        b'{"email": "a@example.com", "password": "\\udfff"}',
        b'{"email": NaN, "password": Infinity}',
        b"\xff\xfe\x00",
        b'{"email": "' + b"a" * 900_000 + b'@example.com", "password": "x"}',
        b'{"email": "a@example.com", "password": "' + b"p" * 900_000 + b'"}',
        b"null",
        b'""',
        b"",
    ],
    ids=lambda content: repr(content[:24]),
)
async def test_famous_bad_json_is_refused(app: App, content: bytes) -> None:
    status, _ = await post(app, "auth/login", content)
    assert status in (400, 422)


@pytest.mark.parametrize("field", ["name", "email", "password"])
@pytest.mark.parametrize("bad", ["\0", "a\0b", "\ud800", "x" * 100_000])
async def test_what_no_database_can_keep_is_a_422_that_names_the_field(app: App, field: str, bad: str) -> None:
    body = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD, field: bad}
    status, problem = await post(app, "auth/signup", json.dumps(body).encode())
    assert status == 422
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert errors[0]["field"] == f"body.{field}"


@pytest.mark.parametrize(
    "name", ["\u200bAda", "محمد", "李小龍", "👩‍👩‍👧", "O'Brien; DROP TABLE users;--", "<b>Ada</b>", "%s{0}"]
)
async def test_names_of_all_kinds_come_back_as_they_were_given(app: App, name: str) -> None:
    ada = await app.signup(name=name)
    assert (await app.http.get(f"{API}/users/me", headers=ada.headers)).json()["name"] == name


@MANY
@given(token=st.text(st.characters(codec="latin-1"), max_size=100))
async def test_any_authorization_is_answered(app: App, token: str) -> None:
    headers = {"Authorization": ("Bearer " + token).encode("latin-1")}
    answer = await app.http.get(f"{API}/users/me", headers=headers)
    assert answer.status_code == 401


@MANY
@given(body=FIELDS)
async def test_any_change_of_a_profile_is_answered(app: App, person: Person, body: dict[str, object]) -> None:
    content = json.dumps(body).encode()
    answer = await app.http.patch(f"{API}/users/me", content=content, headers={**person.headers, **JSON})
    assert answer.status_code in (200, 403, 422)
