"""Watching: signed addresses that need no token, ranges, conditional requests, and names of hostile titles."""

import re
import time
from datetime import timedelta
from email.message import Message
from urllib.parse import unquote, urljoin

import pytest
from sqlalchemy import event, select
from tests.support.app import API, open_app
from tests.support.videos import add_ready_video, add_renditions, add_video, rendition_bytes, said

from reelscribe.engines.storage.signing import derive_key
from reelscribe.videos import keys, play_address
from reelscribe.videos.models import Video, VideoVariant

pytestmark = pytest.mark.anyio


@pytest.fixture
async def app(tmp_path):
    async with open_app(tmp_path) as app:
        yield app


@pytest.fixture
async def ada(app):
    return await app.signup()


async def watched(app, person, **values):
    video = await add_ready_video(app.platform, person.id, **values)
    answer = await app.http.get(f"{API}/videos/{video.public_id}/watch", headers=person.headers)
    assert answer.status_code == 200, answer.text
    return video, answer.json()


async def get(app, url, **headers):
    return await app.http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def lines_of(playlist):
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


async def test_watch_gives_the_contracts_shape(app, ada):
    _, found = await watched(app, ada)
    assert [variant["quality"] for variant in found["variants"]] == ["1080p", "720p"]
    assert set(found["variants"][0]) >= {"quality", "width", "height", "bitrate", "size", "url"}
    assert [(one["language"], one["label"]) for one in found["captions"]] == [("en", "English")]
    assert set(found) >= {"hls_url", "variants", "captions", "poster_url", "storyboard_url", "expires_at"}


async def test_hls_leads_from_the_master_playlist_to_every_byte_of_a_rendition_without_a_token(app, ada):
    _, found = await watched(app, ada)
    master = await get(app, found["hls_url"])
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    names = lines_of(master.text)
    assert names == ["720p.m3u8", "1080p.m3u8"]
    playlist = await get(app, found["hls_url"].replace("master.m3u8", names[0]))
    header = re.search(r'MAP:URI="([^"]+)",BYTERANGE="(\d+)@(\d+)"', playlist.text)
    parts = [(0, int(header[2]))]
    parts += [(int(at), int(size)) for size, at in re.findall(r"BYTERANGE:(\d+)@(\d+)", playlist.text)]
    assert {header[1]} == set(lines_of(playlist.text))
    body = b""
    for at, size in parts:
        piece = await get(app, urljoin(found["hls_url"], header[1]), range=f"bytes={at}-{at + size - 1}")
        assert piece.status_code == 206
        body += piece.content
    assert body == rendition_bytes()


async def test_captions_and_storyboard_are_webvtt_that_leads_to_pictures(app, ada):
    _, found = await watched(app, ada)
    captions = await get(app, found["captions"][0]["url"])
    assert captions.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "lighthouse keeper" in captions.text
    subtitles = await get(app, found["hls_url"].replace("master", "captions"))
    assert lines_of(subtitles.text) == ["captions.vtt"]
    storyboard = await get(app, found["storyboard_url"])
    cues = re.findall(r"^(\S+) --> (\S+)\n(\S+)#xywh=(\d+,\d+,\d+,\d+)$", storyboard.text, re.MULTILINE)
    assert [cue[3] for cue in cues] == ["0,0,160,90", "160,0,160,90"]
    picture = await get(app, urljoin(found["storyboard_url"], cues[0][2]))
    assert picture.status_code == 200
    assert picture.headers["content-type"] == "image/jpeg"
    assert (await get(app, found["poster_url"])).status_code == 200


async def test_no_speech_has_no_captions(app, ada):
    _, found = await watched(app, ada, transcript=said())
    assert found["captions"] == []
    assert "SUBTITLES" not in (await get(app, found["hls_url"])).text


async def test_before_transcode_is_through_watch_says_not_ready(app, ada):
    for status in ("uploading", "pending", "transcoding", "failed"):
        video = await add_video(app.platform.database, ada.id, status=status, status_message="It is no video.")
        answer = await app.http.get(f"{API}/videos/{video.public_id}/watch", headers=ada.headers)
        assert answer.status_code == 409
        assert answer.json()["title"] == "Not ready yet"


async def test_a_video_can_be_watched_while_it_is_transcribed(app, ada):
    video = await add_video(app.platform.database, ada.id, status="transcribing")
    await add_renditions(app.platform, video)
    answer = await app.http.get(f"{API}/videos/{video.public_id}/watch", headers=ada.headers)
    assert answer.status_code == 200
    assert answer.json()["captions"] == []


RANGES = [
    ("bytes=0-0", 206, slice(0, 1)),
    ("bytes=5-", 206, slice(5, None)),
    ("bytes=-7", 206, slice(-7, None)),
    ("bytes=10-19", 206, slice(10, 20)),
    ("bytes=40999-99999999", 206, slice(40999, None)),
    ("bytes=-99999999", 206, slice(0, None)),
    ("bytes=41000-", 416, None),
    ("bytes=-0", 416, None),
    ("bytes=9-3", 200, slice(0, None)),
    ("bytes=0-1,5-6", 200, slice(0, None)),
    ("bytes=", 200, slice(0, None)),
    ("bytes=a-b", 200, slice(0, None)),
    ("items=0-1", 200, slice(0, None)),
    ("bytes=" + "9" * 400 + "-", 200, slice(0, None)),
]


async def test_ranges_of_a_rendition(app, ada):
    _, found = await watched(app, ada)
    url, body = found["variants"][0]["url"], rendition_bytes()
    for asked, status, part in RANGES:
        answer = await get(app, url, range=asked)
        assert answer.status_code == status, asked
        if part is not None:
            assert answer.content == body[part], asked
            assert answer.headers["content-length"] == str(len(body[part]))
        if status == 206:
            start, stop, _ = part.indices(len(body))
            assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(body)}"
        if status == 416:
            assert answer.headers["content-range"] == f"bytes */{len(body)}"


async def test_head_and_conditional_requests(app, ada):
    _, found = await watched(app, ada)
    rendered = [found["hls_url"], found["captions"][0]["url"], found["storyboard_url"]]
    for url in (found["variants"][0]["url"], found["poster_url"], *rendered):
        whole = await get(app, url)
        head = await app.http.head(url)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-length", "content-type", "etag", "accept-ranges"):
            assert head.headers[name] == whole.headers[name], (url, name)
        etag = whole.headers["etag"]
        assert (await get(app, url, if_none_match=etag)).status_code == 304
        assert (await get(app, url, if_none_match=f'"other", W/{etag}')).status_code == 304
        assert (await get(app, url, if_none_match='"other"')).status_code == 200
        assert (await get(app, url, range="bytes=0-3", if_range=etag)).status_code == 206
        assert (await get(app, url, range="bytes=0-3", if_range='"other"')).status_code == 200
        assert (await get(app, url, range="bytes=0-3")).content == whole.content[:4]


async def test_media_serve_any_pages_player_and_never_run_as_a_page(app, ada):
    _, found = await watched(app, ada)
    for url in (found["variants"][0]["url"], found["hls_url"]):
        answer = await get(app, url, origin="https://elsewhere.example")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"].startswith("private")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-credentials" not in answer.headers
        preflight = await app.http.options(url, headers={"Origin": "https://elsewhere.example"})
        assert preflight.status_code == 204
        assert "Range" in preflight.headers["access-control-allow-headers"]


async def test_an_address_that_was_tampered_with_leads_nowhere(app, ada):
    video, found = await watched(app, ada)
    other = await add_ready_video(app.platform, ada.id)
    media, playlist = found["variants"][0]["url"], found["hls_url"]
    ticket = playlist.split("/play/")[1].split("/")[0]
    viewer, token = ticket.split(".", 1)
    tampered = [
        media.replace(video.public_id, other.public_id),
        media.replace("1080p", "4320p"),
        media.replace("/1-1/", "/1-2/"),
        media.replace("/1-1/", "/transcode/1-1/"),
        media.replace("1080p.mp4", "1080p.index.json"),
        media.rsplit("/", 1)[0] + "/%2e%2e/%2e%2e/reelscribe.db",
        media.rsplit("/", 2)[0] + "/original/source",
        media.rsplit("/", 2)[0] + "/1/original.mp4",
        media.rsplit("/", 2)[0] + "/%ff/1080p.mp4",
        media.replace(ticket, f"0.{token}"),
        media.replace(ticket, ticket[:-1]),
        found["poster_url"].replace(video.public_id, other.public_id),
        found["poster_url"].replace(ticket, f"0.{token}"),
        playlist.replace(video.public_id, other.public_id),
        playlist.replace(ticket, f"{int(viewer) + 1}.{token}"),
        playlist.replace(ticket, f"0.{token}"),
        playlist.replace(ticket, f"{viewer}.{'f' * 12}{token[8:]}"),
        playlist.replace(ticket, ticket[:-1]),
        playlist.replace("master.m3u8", "../../watch"),
        playlist.replace("master.m3u8", "4320p.m3u8"),
        playlist.replace("master.m3u8", ""),
    ]
    for url in tampered:
        assert (await get(app, url)).status_code == 404, url


async def test_an_expired_address_leads_nowhere(app, ada):
    video, found = await watched(app, ada)
    ticket = found["hls_url"].split("/play/")[1].split("/")[0]
    key = derive_key(app.platform.secret, keys.PLAYBACK)
    assert play_address.read_ticket(key, video.public_id, ticket).user_id == ada.id
    stale = play_address.ticket(key, video.public_id, play_address.Grant(ada.id, int(time.time()) - 1))
    assert (await get(app, found["hls_url"].replace(ticket, stale))).status_code == 404


async def test_a_public_video_can_be_watched_by_anyone(app, ada):
    video = await add_ready_video(app.platform, ada.id, visibility="public")
    found = (await app.http.get(f"{API}/videos/{video.public_id}/watch")).json()
    for url in (found["hls_url"], found["poster_url"], found["variants"][0]["url"]):
        assert (await get(app, url)).status_code == 200


async def test_addresses_stay_the_same_for_a_while_so_that_browsers_keep_what_they_have(app, ada):
    video, found = await watched(app, ada)
    listed = (await app.http.get(f"{API}/videos/list", headers=ada.headers)).json()["items"][0]
    shown = (await app.http.get(f"{API}/videos/{video.public_id}", headers=ada.headers)).json()
    ends = {address.split("/play/")[1].split(".")[1] for address in (listed["poster_url"], shown["poster_url"])}
    ends.add(found["poster_url"].split("/play/")[1].split(".")[1])
    bucket = app.platform.settings.media.url_expiry // 4
    assert [int(end, 16) % bucket for end in ends] == [0] * len(ends)  # so all that is asked for until then is equal


async def test_after_a_replay_an_old_address_leads_nowhere_rather_than_to_other_bytes(app, ada):
    video, found = await watched(app, ada)
    url, poster = found["variants"][0]["url"], found["poster_url"]
    async with app.platform.database.write() as session:
        for variant in await session.scalars(select(VideoVariant).where(VideoVariant.video_id == video.id)):
            variant.key = variant.key.replace("/1-1/", "/2-1/")
        row = await session.get(Video, video.id)
        row.poster_key = row.poster_key.replace("/1-1/", "/2-1/")
    assert [(await get(app, one)).status_code for one in (url, poster)] == [404, 404]


async def test_a_range_costs_two_small_queries(app, ada):
    _, found = await watched(app, ada)
    seen = []
    engine = app.platform.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    for url in (found["variants"][0]["url"], found["poster_url"], found["poster_url"].replace("poster", "tiles-0")):
        seen.clear()
        assert (await get(app, url, range="bytes=2-3")).status_code == 206
        assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2, seen
        assert not any("tiles" in statement or "description" in statement for statement in seen), seen


class Bucket:
    """The embedded storage, seen as one whose addresses lead elsewhere."""

    def __init__(self, storage):
        self._storage = storage
        self.head, self.read = storage.head, storage.read

    def url(self, key, *, expires_in, download_as=None):
        assert expires_in == timedelta(minutes=5)
        return f"https://bucket.example{self._storage.url(key, expires_in=expires_in, download_as=download_as)}"


async def test_a_bucket_serves_its_own_bytes_to_who_may_see_them_now(app, ada):
    video, found = await watched(app, ada, visibility="public")
    app.app.state.storage = Bucket(app.platform.storage)
    eve = (await app.http.get(f"{API}/videos/{video.public_id}/watch")).json()
    assert eve["variants"][0]["url"].startswith(f"{API}/videos/")
    for url in (eve["variants"][0]["url"], eve["poster_url"]):
        answer = await get(app, url, range="bytes=0-3", origin="https://elsewhere.example")
        assert answer.status_code == 307
        assert answer.headers["location"].startswith("https://bucket.example/")
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "private, no-store"
        assert (await app.http.head(url)).headers["accept-ranges"] == "bytes"
    saved = await get(app, eve["variants"][0]["download_url"])
    assert "download=A%20talk%201080p.mp4" in saved.headers["location"]
    async with app.platform.database.write() as session:
        (await session.get(Video, video.id)).visibility = "private"
    assert (await get(app, eve["poster_url"])).status_code == 404
    assert (await get(app, found["poster_url"])).status_code == 307


async def test_the_storages_own_addresses_are_good_for_what_they_name_alone(app, ada):
    video, _ = await watched(app, ada)
    prefix = f"videos/{video.public_id}/transcode/1-1/"
    url = app.platform.storage.url(f"{prefix}1080p.mp4", expires_in=timedelta(hours=1))
    assert (await get(app, url, range="bytes=1-4")).content == rendition_bytes()[1:5]
    assert (await app.http.head(url)).headers["content-length"] == str(len(rendition_bytes()))
    tampered = [
        url.replace("1080p", "720p"),
        url + "?download=x.html",
        url.replace("/media/", "/media/0"),
        url.rsplit("/", 1)[0] + "/../../../reelscribe.db",
        "/media/x/y",
        "/media/%ff/videos/x",
    ]
    for one in tampered:
        assert (await get(app, one)).status_code == 404, one


TITLES = [
    "../../etc/passwd",
    'a "quoted"; filename=evil.exe',
    "line\r\nSet-Cookie: x=1",
    "naïve — 日本語 🎥",
    "   ",
    "." * 300,
    "ä" * 500,
    "CON\u202egpj.exe",
]


async def test_a_download_is_named_after_the_title_whatever_that_is(app, ada):
    for title in TITLES:
        _, found = await watched(app, ada, title=title)
        url = found["variants"][0]["download_url"]
        answer = await get(app, url)
        assert answer.status_code == 200, title
        header = Message()
        header["content-disposition"] = answer.headers["content-disposition"]
        assert header.get_content_disposition() == "attachment"
        name = unquote(answer.headers["content-disposition"].partition("filename*=UTF-8''")[2])
        assert name.endswith(" 1080p.mp4")
        assert not re.search(r'[\x00-\x1f/\\:"<>|]', name)
        assert "set-cookie" not in answer.headers
        assert answer.content == rendition_bytes()


async def test_transcripts_in_every_format(app, ada):
    video = await add_ready_video(app.platform, ada.id, title="A: talk")
    url = f"{API}/videos/{video.public_id}/transcript"
    found = (await app.http.get(url, headers=ada.headers)).json()
    assert found["video_id"] == video.public_id
    assert [segment["text"] for segment in found["segments"]] == ["Hello and welcome.", "The lighthouse keeper sleeps."]
    assert found["segments"][0]["words"][0] == {"start": 0.0, "end": 0.4, "word": " Hello", "probability": 0.9}
    assert (found["language"], found["model_info"]) == ("en", {"source": "test"})
    for wanted, begins, kind in (
        ("vtt", "WEBVTT", "text/vtt; charset=utf-8"),
        ("srt", "1\r\n00:00:00,000 -->", "application/x-subrip; charset=utf-8"),
        ("txt", "Hello and welcome.", "text/plain; charset=utf-8"),
    ):
        answer = await app.http.get(url, headers=ada.headers, params={"format": wanted, "download": True})
        assert answer.text.startswith(begins)
        assert answer.headers["content-type"] == kind
        assert f'filename="A talk.{wanted}"' in answer.headers["content-disposition"]
    assert (await app.http.get(url, headers=ada.headers, params={"format": "docx"})).status_code == 422


async def test_parts_of_the_transcripts_json(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    url = f"{API}/videos/{video.public_id}/transcript"
    whole = (await app.http.get(url, headers=ada.headers)).content
    for start, end in ((0, 4), (3, 40), (27, 29), (28, 29), (29, 60), (len(whole) - 3, len(whole))):
        part = await app.http.get(url, headers={**ada.headers, "Range": f"bytes={start}-{end - 1}"})
        assert part.content == whole[start:end]


async def test_no_transcript_yet_and_no_speech_are_not_the_same(app, ada):
    early = await add_video(app.platform.database, ada.id, status="transcribing")
    answer = await app.http.get(f"{API}/videos/{early.public_id}/transcript", headers=ada.headers)
    assert (answer.status_code, answer.json()["title"]) == (404, "No transcript yet")
    silent = await add_ready_video(app.platform, ada.id, transcript=said())
    for wanted in ("json", "vtt", "srt", "txt"):
        url = f"{API}/videos/{silent.public_id}/transcript"
        answer = await app.http.get(url, headers=ada.headers, params={"format": wanted})
        assert answer.status_code == 200
    assert (await app.http.get(url, headers=ada.headers)).json()["segments"] == []


async def test_the_summary_and_none_yet(app, ada):
    video = await add_ready_video(app.platform, ada.id)
    found = (await app.http.get(f"{API}/videos/{video.public_id}/summary", headers=ada.headers)).json()
    assert found["video_id"] == video.public_id
    assert found["sentences"] == [{"text": "A keeper sleeps in a lighthouse.", "start": 1.0, "end": 3.0}]
    assert found["chapters"] == [{"title": "Welcome", "start": 0.0, "end": 8.0}]
    assert (found["quality_score"], found["model_info"]) == (0.75, {"model": "extractive"})
    early = await add_video(app.platform.database, ada.id, status="summarizing")
    answer = await app.http.get(f"{API}/videos/{early.public_id}/summary", headers=ada.headers)
    assert (answer.status_code, answer.json()["title"]) == (404, "No summary yet")
