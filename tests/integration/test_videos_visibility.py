"""Who may see what: every visibility, every kind of viewer, every route that takes a video's id."""

import re
from urllib.parse import urljoin

import pytest
from fastapi.routing import APIRoute
from tests.support.app import API, open_app
from tests.support.videos import NEVER_AN_ID, add_ready_video, add_video, index

from reelscribe.accounts.models import User

pytestmark = pytest.mark.anyio

VISIBILITIES = ("private", "internal", "unlisted", "public")
SEES = {
    "anonymous": {"unlisted", "public"},
    "stranger": {"internal", "unlisted", "public"},
    "owner": set(VISIBILITIES),
    "admin": set(VISIBILITIES),
}
FINDS = {
    "anonymous": {"public"},
    "stranger": {"internal", "public"},
    "owner": set(VISIBILITIES),
    "admin": set(VISIBILITIES),
}

READ = {
    ("GET", "/videos/{video_id}"),
    ("GET", "/videos/{video_id}/watch"),
    ("GET", "/videos/{video_id}/transcript"),
    ("GET", "/videos/{video_id}/summary"),
    ("GET", "/videos/{video_id}/events"),
}
EDIT = {
    ("PATCH", "/videos/{video_id}"): {"title": "Another"},
    ("POST", "/videos/{video_id}/retry"): {},
    ("DELETE", "/videos/{video_id}"): None,
}
# Who uploads is who owns: these answer 404 to everyone else (tests of the uploads say the rest).
UPLOAD = {
    ("GET", "/videos/{video_id}/upload"): None,
    ("DELETE", "/videos/{video_id}/upload"): None,
    ("POST", "/videos/{video_id}/upload/complete"): {"parts": [{"number": 1, "etag": "x"}]},
}
# The address itself is signed for a viewer: see below, and test_videos_playback.
SIGNED = {
    ("GET", "/videos/{video_id}/play/{ticket}/{file:path}"),
    ("HEAD", "/videos/{video_id}/play/{ticket}/{file:path}"),
    ("OPTIONS", "/videos/{video_id}/play/{ticket}/{file:path}"),
}


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def people(app):
    admin = await app.signup()
    owner = await app.signup()
    stranger = await app.signup()
    return {
        "admin": (admin.id, admin.headers),
        "owner": (owner.id, owner.headers),
        "stranger": (stranger.id, stranger.headers),
        "anonymous": (None, {}),
    }


def routes_with_an_id(app):
    def walk(routes, prefix=""):
        for route in routes:
            inner = getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", None)
            if inner is not None and not isinstance(route, APIRoute):
                yield from walk(inner, prefix)
            elif isinstance(route, APIRoute) and "{video_id}" in route.path:
                yield from ((method, route.path.removeprefix(API)) for method in route.methods)

    return set(walk(app.routes))


async def ask(app, method, path, video_id, headers, body=None):  # noqa: PLR0917 - a request in one line of a table
    url = API + path.replace("{video_id}", video_id)
    return await app.http.request(method, url, headers=headers, json=body)


def told(answer):
    """What an answer tells, without what differs between any two requests."""
    return answer.status_code, {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_every_route_that_takes_an_id_is_in_a_table_here(app):
    assert routes_with_an_id(app.app) == READ | set(EDIT) | set(UPLOAD) | SIGNED


async def test_reading_what_may_not_be_seen_is_like_reading_what_is_not_there(app, people):
    owner_id = people["owner"][0]
    for visibility in VISIBILITIES:
        video = await add_ready_video(app.platform, owner_id, visibility=visibility)
        for viewer, (_, headers) in people.items():
            for method, path in sorted(READ):
                answer = await ask(app, method, path, video.public_id, headers)
                missing = await ask(app, method, path, NEVER_AN_ID, headers)
                case = (visibility, viewer, path)
                assert missing.status_code == 404, case
                if visibility in SEES[viewer]:
                    assert answer.status_code == 200, (case, answer.text)
                else:
                    assert told(answer) == told(missing), case


async def test_editing_is_the_owners_and_the_administrators(app, people):
    for visibility in VISIBILITIES:
        for viewer, (_, headers) in people.items():
            for (method, path), body in EDIT.items():
                video = await add_video(app.platform.database, people["owner"][0], visibility=visibility, key="k")
                answer = await ask(app, method, path, video.public_id, headers, body)
                missing = await ask(app, method, path, NEVER_AN_ID, headers, body)
                case = (visibility, viewer, method, path, answer.text)
                if viewer == "anonymous":
                    assert told(answer) == told(missing), case
                    assert answer.status_code == 401, case
                elif viewer == "stranger" and visibility in SEES[viewer]:
                    assert answer.status_code == 403, case
                elif viewer == "stranger":
                    assert told(answer) == told(missing), case
                else:
                    assert answer.status_code in (200, 202, 204), case


async def test_uploads_of_others_are_not_there(app, people):
    for visibility in VISIBILITIES:
        video = await add_video(app.platform.database, people["owner"][0], visibility=visibility, status="uploading")
        for (method, path), body in UPLOAD.items():
            answer = await ask(app, method, path, video.public_id, people["stranger"][1], body)
            missing = await ask(app, method, path, NEVER_AN_ID, people["stranger"][1], body)
            assert told(answer) == told(missing), (visibility, method, path)
            assert answer.status_code == 404


async def test_a_video_that_is_still_uploading_is_its_owners_alone(app, people):
    video = await add_video(app.platform.database, people["owner"][0], visibility="public", status="uploading")
    for viewer, (_, headers) in people.items():
        answer = await ask(app, "GET", "/videos/{video_id}", video.public_id, headers)
        listed = (await app.http.get(f"{API}/videos/list", headers=headers)).json()["items"]
        expected = viewer in ("owner", "admin")
        assert (answer.status_code == 200) is expected, viewer
        assert bool(listed) is expected, viewer


async def test_lists_and_searches_tell_of_what_may_be_found(app, people):
    owner_id = people["owner"][0]
    videos = {name: await add_ready_video(app.platform, owner_id, visibility=name) for name in VISIBILITIES}
    for viewer, (_, headers) in people.items():
        expected = {videos[name].public_id for name in FINDS[viewer]}
        for extra in ({}, {"status": "ready"}, {"user_id": owner_id}, {"user_id": owner_id, "status": "ready"}):
            listed = await app.http.get(f"{API}/videos/list", headers=headers, params=extra)
            assert {item["id"] for item in listed.json()["items"]} == expected, (viewer, extra)
            found = await app.http.get(f"{API}/videos/search", headers=headers, params={"q": "lighthouse", **extra})
            assert {item["video"]["id"] for item in found.json()["items"]} == expected, (viewer, extra)
            assert found.json()["total"] == len(expected), (viewer, extra)


async def test_a_stale_index_never_leaks(app, people):
    """The index still says public; the database says private since a moment."""
    owner_id, _ = people["owner"]
    video = await add_ready_video(app.platform, owner_id, visibility="public")
    kept = await add_ready_video(app.platform, owner_id, visibility="public")
    async with app.platform.database.write() as session:
        row = await session.get(type(video), video.id)
        row.visibility = "private"
    for viewer in ("stranger", "anonymous"):
        found = await app.http.get(f"{API}/videos/search", headers=people[viewer][1], params={"q": "lighthouse"})
        assert [item["video"]["id"] for item in found.json()["items"]] == [kept.public_id]
        assert found.json()["total"] == 1
    await index(app.platform, video)
    found = await app.http.get(f"{API}/videos/search", headers=people["owner"][1], params={"q": "lighthouse"})
    assert len(found.json()["items"]) == 2


async def addresses_of(app, video, headers):
    """Every address that a viewer gets, also from within what another one leads to."""
    watch = (await app.http.get(f"{API}/videos/{video.public_id}/watch", headers=headers)).json()
    found = {watch["hls_url"], watch["poster_url"], watch["storyboard_url"], watch["captions"][0]["url"]}
    for variant in watch["variants"]:
        playlist = urljoin(watch["hls_url"], f"{variant['quality']}.m3u8")
        found |= {variant["url"], variant["download_url"], playlist, urljoin(watch["hls_url"], "captions.m3u8")}
        inner = re.findall(r'(?:^|URI=")([^#"\n][^"\n]*)', (await app.http.get(playlist)).text, re.MULTILINE)
        found |= {urljoin(playlist, uri) for uri in inner}
    cues = (await app.http.get(watch["storyboard_url"])).text
    found |= {urljoin(watch["storyboard_url"], sheet) for sheet in re.findall(r"^(\S+)#xywh", cues, re.MULTILINE)}
    found.add((await app.http.get(f"{API}/videos/{video.public_id}", headers=headers)).json()["poster_url"])
    for route, extra in (("list", {}), ("search", {"q": "lighthouse"})):
        items = (await app.http.get(f"{API}/videos/{route}", headers=headers, params=extra)).json()["items"]
        found |= {item.get("video", item)["poster_url"] for item in items}
    return sorted(found)


WAYS = (("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-1"}), ("GET", {"If-None-Match": "*"}))


async def statuses(app, addresses, etags=()):
    """What each address answers now, asked in every way, also by who has a copy."""
    ways = (*WAYS, *(("GET", {"If-None-Match": etag}) for etag in etags))
    asked = [await app.http.request(way, url, headers=sent) for url in addresses for way, sent in ways]
    return {answer.status_code for answer in asked}


async def test_every_address_ends_with_the_permission_to_see_the_video_and_begins_again_with_it(app, people):
    owner_id, owner = people["owner"]
    video = await add_ready_video(app.platform, owner_id, visibility="public")
    handed_out = {viewer: await addresses_of(app, video, headers) for viewer, (_, headers) in people.items()}
    kinds = {re.sub(r".*/play/[^/]+/", "", url).partition("?")[0] for url in handed_out["anonymous"]}
    assert kinds == {
        *("master.m3u8", "720p.m3u8", "1080p.m3u8", "captions.m3u8", "captions.vtt", "storyboard.vtt"),
        *("1-1/720p.mp4", "1-1/1080p.mp4", "1-1/poster.jpg", "1-1/tiles-0.jpg"),
    }
    etags = {(await app.http.get(url)).headers["etag"] for url in handed_out["owner"]}
    for visibility in (*VISIBILITIES, "public", "private"):
        edit = await app.http.patch(f"{API}/videos/{video.public_id}", headers=owner, json={"visibility": visibility})
        assert edit.status_code == 200
        for viewer, addresses in handed_out.items():
            allowed = visibility in SEES[viewer]
            expected = {200, 206, 304} if allowed else {404}
            assert await statuses(app, addresses, etags) == expected, (visibility, viewer)
    assert (await app.http.delete(f"{API}/videos/{video.public_id}", headers=owner)).status_code == 204
    for viewer, addresses in handed_out.items():
        assert await statuses(app, addresses, etags) == {404}, viewer


async def test_nothing_hands_out_the_storages_own_addresses(app, people):
    video = await add_ready_video(app.platform, people["owner"][0], visibility="public")
    for _, headers in people.values():
        for path in (f"/{video.public_id}", f"/{video.public_id}/watch", "/list", "/search?q=lighthouse"):
            answer = await app.http.get(f"{API}/videos{path}", headers=headers)
            assert answer.status_code == 200
            assert "/media/" not in answer.text
        for url in await addresses_of(app, video, headers):
            if not url.partition("?")[0].endswith((".mp4", ".jpg")):
                assert "/media/" not in (await app.http.get(url)).text


async def test_the_addresses_of_an_account_that_is_gone_lead_nowhere(app, people):
    video = await add_ready_video(app.platform, people["owner"][0], visibility="public")
    leaver = await app.signup()
    addresses = await addresses_of(app, video, leaver.headers)
    async with app.platform.database.write() as session:
        await session.delete(await session.get(User, leaver.id))
    assert await statuses(app, addresses) == {404}
