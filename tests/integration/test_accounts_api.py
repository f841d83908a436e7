"""Accounts over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.app import API, PASSWORD, App, Person, open_app

from reelscribe.accounts.dependencies import Account
from reelscribe.accounts.email_filter import sync
from reelscribe.accounts.models import Role, User
from reelscribe.accounts.tokens import Tokens
from reelscribe.engines.storage import UploadNotFound
from reelscribe.engines.storage.whole import put_bytes
from reelscribe.jobs import chores
from reelscribe.jobs.models import Chore
from reelscribe.pipeline.upkeep import Upkeep
from reelscribe.settings import AccountSettings
from reelscribe.videos.models import UploadMetadata, Video
from reelscribe.videos.uploads import ledger
from reelscribe.videos.uploads.limits import Limits

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with open_app(tmp_path) as opened:
        yield opened


def limited(attempts: int) -> dict[str, object]:
    return {"accounts": AccountSettings(attempts_per_minute=attempts)}


async def me(app: App, person: Person) -> int:
    return (await app.http.get(f"{API}/users/me", headers=person.headers)).status_code


async def change(app: App, person: Person, **body: object) -> tuple[int, dict[str, object]]:
    answer = await app.http.patch(f"{API}/users/me", headers=person.headers, json=body)
    return answer.status_code, answer.json()


async def add_video(app: App, owner: Person, public_id: str) -> None:
    async with app.platform.database.write() as session:
        session.add(Video(public_id=public_id, title="A talk", user_id=owner.id, user_name="Ada"))
    await put_bytes(app.platform.storage, f"videos/{public_id}/original/1/talk.mp4", b"bytes", content_type="video/mp4")


async def test_the_first_account_is_the_administrators_and_others_are_members(app: App) -> None:
    answers = [
        await app.http.post(f"{API}/auth/signup", json={"name": " Ada ", "email": mail, "password": PASSWORD})
        for mail in (" Ada@Example.com", "bob@example.com")
    ]
    first, second = (answer.json() for answer in answers)
    assert [answer.status_code for answer in answers] == [201, 201]
    assert set(first) == {"id", "name", "email", "role", "created_at"}
    assert (first["name"], first["email"], first["role"]) == ("Ada", "ada@example.com", "admin")
    assert second["role"] == "member"
    assert first["created_at"].endswith("Z")


async def test_a_taken_address_is_a_conflict_however_it_is_written(app: App) -> None:
    await app.signup("ada@example.com")
    body = {"name": "Eve", "email": "ADA@example.COM", "password": PASSWORD}
    answer = await app.http.post(f"{API}/auth/signup", json=body)
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "body.email"


async def test_a_token_opens_ones_own_account(app: App) -> None:
    ada = await app.signup("ada@example.com")
    answer = await app.http.get(f"{API}/users/me", headers=ada.headers)
    assert answer.status_code == 200
    assert answer.json()["email"] == "ada@example.com"


async def test_login_answers_as_the_contract_says(app: App) -> None:
    ada = await app.signup("ada@example.com")
    answer = await app.http.post(f"{API}/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 86400


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app: App) -> None:
    await app.signup("ada@example.com")
    answers = [
        await app.http.post(f"{API}/auth/login", json={"email": email, "password": "not the password"})
        for email in ("ada@example.com", "nobody@example.com")
    ]
    wrong, unknown = (dict(answer.json(), request_id=None) for answer in answers)
    assert [answer.status_code for answer in answers] == [401, 401]
    assert wrong == unknown
    assert all(answer.headers["WWW-Authenticate"] == "Bearer" for answer in answers)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "bearer null"])
async def test_without_a_good_token_the_answer_is_401_with_the_scheme(app: App, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = await app.http.get(f"{API}/users/me", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_logout_ends_this_token_at_once_and_no_other(app: App) -> None:
    ada = await app.signup("ada@example.com")
    other = Person(ada.id, ada.email, await app.login(ada.email))
    assert (await app.http.post(f"{API}/auth/logout", headers=ada.headers)).status_code == 204
    assert await me(app, ada) == 401
    assert await me(app, other) == 200
    assert (await app.http.post(f"{API}/auth/logout", headers=ada.headers)).status_code == 401


async def test_logout_is_known_to_another_process_at_once(app: App, tmp_path: Path) -> None:
    ada = await app.signup("ada@example.com")
    async with open_app(tmp_path) as other:
        assert await me(other, ada) == 200
        await app.http.post(f"{API}/auth/logout", headers=ada.headers)
        assert await me(other, ada) == 401


async def test_a_token_of_an_account_that_is_gone_is_refused_and_its_key_is_never_given_again(app: App) -> None:
    await app.signup("ada@example.com")
    bob = await app.signup("bob@example.com")
    assert (await app.http.delete(f"{API}/users/me", headers=bob.headers)).status_code == 204
    assert await me(app, bob) == 401
    eve = await app.signup("eve@example.com")
    assert eve.id != bob.id
    assert await me(app, bob) == 401


async def test_a_token_needs_its_accounts_epoch(app: App) -> None:
    ada = await app.signup("ada@example.com")
    tokens: Tokens = app.app.state.tokens
    forged = Person(ada.id, ada.email, tokens.issue(ada.id, "another epoch"))
    assert await me(app, forged) == 401


async def test_a_new_name_needs_no_password_and_reaches_the_videos_and_their_documents(app: App) -> None:
    ada = await app.signup("ada@example.com")
    await add_video(app, ada, "abcdefghijk")
    status, body = await change(app, ada, name="Countess")
    assert (status, body["name"]) == (200, "Countess")
    async with app.platform.database.read() as session:
        video = (await session.scalars(select(Video))).one()
        chore = (await session.scalars(select(Chore))).one()
    assert (video.user_name, video.revision) == ("Countess", 2)
    assert (chore.kind, chore.target) == (chores.REFRESH_DOCUMENT, "abcdefghijk")


async def test_a_new_address_needs_the_password(app: App) -> None:
    ada = await app.signup("ada@example.com")
    status, body = await change(app, ada, email="new@example.com")
    assert status == 422
    assert "current_password" in str(body["errors"])
    assert (await change(app, ada, email="new@example.com", current_password="wrong"))[0] == 403
    assert (await change(app, ada, email="New@example.com", current_password=PASSWORD))[0] == 200
    await app.login("new@example.com")
    assert (await app.http.post(f"{API}/users/check-email", json={"email": "new@example.com"})).json() == {
        "exists": True
    }


async def test_another_ones_address_cannot_be_taken(app: App) -> None:
    await app.signup("ada@example.com")
    bob = await app.signup("bob@example.com")
    assert (await change(app, bob, email="ada@example.com", current_password=PASSWORD))[0] == 409


async def test_a_new_password_ends_every_older_token_and_the_old_password(app: App) -> None:
    ada = await app.signup("ada@example.com")
    other = Person(ada.id, ada.email, await app.login(ada.email))
    assert (await change(app, ada, password="a new password", current_password=PASSWORD))[0] == 200
    assert [await me(app, ada), await me(app, other)] == [401, 401]
    old = await app.http.post(f"{API}/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert old.status_code == 401
    assert await me(app, Person(ada.id, ada.email, await app.login(ada.email, "a new password"))) == 200


async def test_an_unknown_field_of_the_profile_is_refused(app: App) -> None:
    ada = await app.signup("ada@example.com")
    assert (await change(app, ada, role="admin"))[0] == 422


async def test_deleting_an_account_deletes_its_videos_and_leaves_others(app: App) -> None:
    ada, bob = await app.signup("ada@example.com"), await app.signup("bob@example.com")
    await add_video(app, ada, "adaadaadaad")
    await add_video(app, bob, "bobbobbobbo")
    assert (await app.http.delete(f"{API}/users/me", headers=bob.headers)).status_code == 204
    async with app.platform.database.read() as session:
        left = (await session.scalars(select(Video.public_id))).all()
    assert left == ["adaadaadaad"]
    platform = app.platform
    assert await Upkeep(platform.database, platform.storage, platform.search, None).run_due() == 2
    keys = [item.key async for item in platform.storage.list("")]
    assert keys == ["videos/adaadaadaad/original/1/talk.mp4"]


async def test_deleting_an_account_ends_its_uploads_in_parts(app: App) -> None:
    await app.signup("ada@example.com")
    bob = await app.signup("bob@example.com")
    announced = {"filename": "v.mp4", "size": 10, "content_type": "video/mp4"}
    begun = await app.http.post(f"{API}/videos/upload", headers=bob.headers, json=announced)
    assert begun.status_code == 201, begun.text
    async with app.platform.database.read() as session:
        upload = (await session.scalars(select(UploadMetadata.storage_upload_id))).one()
    assert upload is not None
    assert await app.platform.parts.parts(upload) == []
    assert (await app.http.delete(f"{API}/users/me", headers=bob.headers)).status_code == 204
    with pytest.raises(UploadNotFound):
        await app.platform.parts.parts(upload)
    async with app.platform.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(UploadMetadata)) == 0


async def test_deleting_an_account_removes_what_came_of_a_form_that_is_still_coming(app: App) -> None:
    """Its row, which tells where the bytes lie, goes with the account; nobody else would ever find them."""
    await app.signup("ada@example.com")
    bob = await app.signup("bob@example.com")
    platform, folder = app.platform, "videos/bobbobbobbo/original/0f0f/"
    await put_bytes(platform.storage, folder + "captions.vtt", b"WEBVTT", content_type="text/vtt")
    async with platform.database.write() as session:
        await ledger.begin(
            session,
            Account(bob.id, "Bob", bob.email, Role.MEMBER),
            ledger.Announced("", None, "multipart/form-data"),
            Limits(10**6, 10**6, 10**6, 10**6, expiry=3600, body_timeout=30),
            upload_id="0f0f",
            protocol="multipart",
            storage_upload_id=folder,
        )
    assert (await app.http.delete(f"{API}/users/me", headers=bob.headers)).status_code == 204
    await Upkeep(platform.database, platform.storage, platform.search, None).run_due()
    assert [item.key async for item in platform.storage.list("")] == []


async def test_the_last_administrator_stays_while_others_are_here(app: App) -> None:
    ada = await app.signup("ada@example.com")
    bob = await app.signup("bob@example.com")
    assert (await app.http.delete(f"{API}/users/me", headers=ada.headers)).status_code == 409
    await app.http.delete(f"{API}/users/me", headers=bob.headers)
    assert (await app.http.delete(f"{API}/users/me", headers=ada.headers)).status_code == 204
    async with app.platform.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_signup_can_be_closed_to_all_but_the_first(tmp_path: Path) -> None:
    async with open_app(tmp_path, accounts=AccountSettings(signup="closed", attempts_per_minute=1000)) as app:
        await app.signup("ada@example.com")
        body = {"name": "Bob", "email": "bob@example.com", "password": PASSWORD}
        answer = await app.http.post(f"{API}/auth/signup", json=body)
        assert answer.status_code == 403
        assert "closed" in answer.json()["detail"]


async def test_check_email_tells_what_is_taken_before_and_after_the_filter_is_built(app: App) -> None:
    await app.signup("ada@example.com")

    async def exists(email: str) -> bool:
        answer = await app.http.post(f"{API}/users/check-email", json={"email": email})
        assert answer.status_code == 200
        found: bool = answer.json()["exists"]
        return found

    assert [await exists(" ADA@example.com"), await exists("eve@example.com")] == [True, False]
    assert await sync(app.platform.database, app.platform.memory)
    assert [await exists("ada@example.com"), await exists("eve@example.com")] == [True, False]
    await app.signup("eve@example.com")
    assert await exists("eve@example.com")


async def test_login_is_limited_by_account_and_tells_when_to_come_again(tmp_path: Path) -> None:
    async with open_app(tmp_path, **limited(3)) as app:
        await app.signup("ada@example.com")
        body = {"email": "ada@example.com", "password": "wrong password"}
        answers = [await app.http.post(f"{API}/auth/login", json=body) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
        right = await app.http.post(f"{API}/auth/login", json={"email": "ada@example.com", "password": PASSWORD})
        assert right.status_code == 429


async def test_login_is_limited_by_client_over_all_accounts_and_processes(tmp_path: Path) -> None:
    async with open_app(tmp_path, **limited(4)) as app, open_app(tmp_path, **limited(4)) as other:
        statuses = [
            (await one.http.post(f"{API}/auth/login", json={"email": f"{n}@example.com", "password": "x"})).status_code
            for n, one in enumerate((app, other) * 3)
        ]
        assert statuses == [401, 401, 401, 401, 429, 429]


@pytest.mark.parametrize(
    ("path", "body", "allowed"),
    [
        ("auth/signup", {"name": "A", "email": "ada@example.com", "password": PASSWORD}, 2),
        ("users/check-email", {"email": "a@example.com"}, 12),
    ],
)
async def test_signup_and_check_email_are_limited_by_client(
    tmp_path: Path, path: str, body: dict[str, str], allowed: int
) -> None:
    async with open_app(tmp_path, **limited(2)) as app:
        statuses = [(await app.http.post(f"{API}/{path}", json=body)).status_code for _ in range(allowed + 1)]
        assert 429 not in statuses[:-1]
        assert statuses[-1] == 429


async def test_a_client_cannot_choose_its_address_by_a_header(tmp_path: Path) -> None:
    async with open_app(tmp_path, **limited(1)) as app:
        statuses = [
            (
                await app.http.post(
                    f"{API}/auth/login",
                    json={"email": f"{n}@example.com", "password": "x"},
                    headers={"X-Forwarded-For": f"10.0.0.{n}"},
                )
            ).status_code
            for n in range(2)
        ]
        assert statuses == [401, 429]
