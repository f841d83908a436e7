"""What people upload, by mistake or not, through the public API to the end of the pipeline: right, or told in words."""

import os
import struct
import time

import pytest
from tests.support.hostile import API, captions, connection, ffmpeg, platform, status_line, talk, until

SECRET = "zanzibar"
"""Said in another user's private video, and nowhere else."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    with platform(folder, BODY_TIMEOUT="2", TRANSCODE_WORKERS="2") as running:
        yield running


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return talk(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="module")
def victim(running, film):
    """Somebody with a private video; the first account, and so the administrator."""
    person = running.person("victim@example.org")
    person.private = person.processed(film, visibility="private", captions=captions(f"The {SECRET} is hidden here."))
    assert person.private["status"] == "ready", person.private
    return person


@pytest.fixture(scope="module")
def mallory(running, victim):
    assert victim.id == 1, "the first account is the administrator, and must not be the attacker"
    return running.person("mallory@example.org", "Mallory")


@pytest.fixture
def well(mallory, film):
    """Whatever came, the platform still takes and finishes the next video."""
    yield
    assert mallory.processed(film, captions=captions("All is well."))["status"] == "ready"


def refused(answer, status, *words):
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(word in problem["detail"] for word in words), problem
    return problem


def failed(video, *words):
    """Ended failed, at once and for a reason that a person understands."""
    assert video["status"] == "failed", video
    assert video["failed_stage"] == "transcode"
    assert any(word in video["status_message"] for word in words), video["status_message"]
    assert not any(slip in video["status_message"] for slip in ("Traceback", "Error(", "objects/", "scratch", "None"))
    return video


def found(person, words):
    """Ids of the videos that a search finds."""
    answer = person.get("/videos/search", params={"q": words})
    assert answer.status_code == 200, answer.text
    return [hit["video"]["id"] for hit in answer.json()["items"]]


def playable(person, video):
    """Ready, and every byte that a player asks for is there."""
    assert video["status"] == "ready", video
    watch = person.get(f"/videos/{video['id']}/watch").json()
    for address in (watch["hls_url"], watch["poster_url"], *(variant["url"] for variant in watch["variants"])):
        assert person.media(address).status_code == 200, address
    assert person.get(f"/videos/{video['id']}/transcript").status_code == 200
    assert person.get(f"/videos/{video['id']}/summary").status_code == 200
    return watch


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 422, ["empty"]),
        (b"Dear sir or madam,\n" * 99, 415, ["no type"]),
        (b"\xff\xd8\xff\xe0" + bytes(999), 415, ["picture", "JPEG"]),
        (b"\x89PNG\r\n\x1a\n" + bytes(999), 415, ["picture", "PNG"]),
        (b"PK\x03\x04" + bytes(999), 415, ["ZIP", "archive"]),
    ],
    ids=["zero-bytes", "text", "jpeg", "png", "zip"],
)
def test_what_is_no_recording_is_refused_at_the_door(mallory, content, status, words):
    before = len(mallory.get("/videos/list", params={"mine": "true"}).json()["items"])
    refused(mallory.upload(content), status, *words)
    assert len(mallory.get("/videos/list", params={"mine": "true"}).json()["items"]) == before


def pointers(target):
    return {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{target}'\n",
        "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
        f"<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "subtitles": f"1\n00:00:00,000 --> 00:00:01,000\n<img src='{target}'>\n",
    }


@pytest.mark.parametrize("kind", pointers(""))
@pytest.mark.parametrize("disguise", [b"", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"], ids=["bare", "ftyp"])
def test_a_file_that_points_to_another_users_gets_nothing_of_it(running, mallory, victim, kind, disguise):
    original = next((running.data / "objects/videos" / victim.private["id"] / "original").glob("*/source"))
    for target in (original, f"file://{original}", "/etc/passwd", f"http://127.0.0.1:{running.port}/openapi.json"):
        answer = mallory.upload(disguise + pointers(target)[kind].encode(), "a.mp4")
        if answer.status_code == 201:
            video = mallory.settled(answer.json()["id"])
            failed(video, "not a video", "damaged", "incomplete", "cannot", "can not")
            assert mallory.get(f"/videos/{video['id']}/watch").status_code == 409
        else:
            refused(answer, 415, "text", "playlist", "no video", "not a video", "video")


def test_a_track_that_lies_in_another_file_is_not_followed(running, mallory, victim, tmp_path):
    """MP4 and QuickTime know data references: a sample table here, the samples in any file (dref, alis, url)."""
    original = next((running.data / "objects/videos" / victim.private["id"] / "original").glob("*/source"))
    clip = talk(tmp_path / "clip.mp4", 1)
    at = clip.index(b"dref")
    entry = b"url " + b"\x00\x00\x00\x00" + f"file://{original}".encode() + b"\x00"
    box = struct.pack(">I", len(entry) + 4) + entry
    # The file gets no longer: the entry stands over what follows, so the tables behind it are damaged as well.
    hostile = clip[: at + 12] + box + clip[at + 12 + len(box) :]
    video = mallory.processed(hostile, "ref.mov")
    assert video["status"] in ("ready", "failed")
    if video["status"] == "ready":
        text = mallory.get(f"/videos/{video['id']}/transcript", params={"format": "txt"}).text
        assert SECRET not in text


@pytest.mark.usefixtures("well")
def test_a_truncated_video(mallory, film):
    video = mallory.processed(film[: len(film) * 6 // 10], captions=captions("What is there is there."))
    playable(mallory, video)
    assert 0 < video["duration"] < 3


@pytest.mark.usefixtures("well")
def test_a_video_whose_index_is_cut_off(mallory, tmp_path):
    last = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:d=2", "-c:v", "mpeg4", tmp_path / "last.mp4")
    failed(mallory.processed(last[: len(last) // 2]), "incomplete")


@pytest.mark.usefixtures("well")
def test_a_corrupted_video(mallory, film):
    middle = len(film) // 2
    noise = bytes((index * 37 + 11) % 251 for index in range(2000))
    corrupt = film[:middle] + noise + film[middle + len(noise) :]
    playable(mallory, mallory.processed(corrupt, captions=captions("Noise in the middle.")))


@pytest.mark.usefixtures("well")
def test_a_bomb_of_pixels(mallory, tmp_path):
    source = ("-f", "lavfi", "-i", "color=black:s=12000x12000:d=0.1:r=10", "-frames:v", "1")
    bomb = ffmpeg(*source, "-c:v", "png", tmp_path / "bomb.mov")
    assert len(bomb) < 2_000_000
    failed(mallory.processed(bomb, "bomb.mov"), "pixels")


@pytest.mark.usefixtures("well")
def test_a_declared_ten_hours_and_more(mallory, tmp_path):
    """Two frames, far apart: small, but whoever believes the clock makes 36,000 s of it."""
    frames = ("-f", "lavfi", "-i", "color=s=64x36:d=0.2:r=10")
    spread = ("-vf", "setpts=N*36000/TB", "-fps_mode", "vfr", "-enc_time_base", "1/1000")
    sparse = ffmpeg(*frames, *spread, "-c:v", "libx264", tmp_path / "sparse.mp4")
    began = time.monotonic()
    video = mallory.processed(sparse, captions=captions("Long ago."))
    assert time.monotonic() - began < 60
    assert video["status"] == "ready" or video["status_message"], video


def test_a_name_that_climbs(running, mallory, film):
    video = mallory.processed(film, "../../../../tmp/climbed\r\nX-Evil: 1\x00.mp4", captions=captions("Up."))
    assert "/" not in video["title"].replace("../", "") or ".." not in video["title"]
    watch = playable(mallory, video)
    answer = mallory.media(watch["variants"][0]["download_url"])
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert "/" not in answer.headers["content-disposition"].split(";")[1]
    assert list(running.data.rglob("*climbed*")) == []


def test_a_video_of_one_frame(mallory, tmp_path):
    one = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=1:d=1", "-frames:v", "1")
    playable(mallory, mallory.processed(ffmpeg(*one, "-c:v", "libx264", tmp_path / "one.mp4")))


def test_a_video_of_8k(mallory, tmp_path):
    large = ("-f", "lavfi", "-i", "testsrc=s=7680x4320:r=2:d=1", "-c:v", "libx264", "-preset", "ultrafast")
    watch = playable(mallory, mallory.processed(ffmpeg(*large, tmp_path / "8k.mp4")))
    assert max(variant["height"] for variant in watch["variants"]) == 1080


@pytest.mark.parametrize("frames", [1, 5])
def test_a_gif_is_a_picture_and_is_told_so(mallory, tmp_path, frames):
    gif = ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64:r=5", "-frames:v", str(frames), tmp_path / "a.gif")
    refused(mallory.upload(gif, "a.mp4"), 415, "picture")


def test_captions_of_one_word(mallory, film):
    video = mallory.processed(film, title="One", captions=captions("Semaphore"))
    playable(mallory, video)
    summary = mallory.get(f"/videos/{video['id']}/summary").json()
    assert "Semaphore" in summary["text"]
    assert found(mallory, "semaphore") == [video["id"]]


def many_words(count):
    """WebVTT of so many words, ten a second, whatever the film's length."""
    cues = (
        f"{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.000 --> {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}.900\n"
        f"We said word{at} and some more, so it goes on.\n"
        for at in range(count // 10)
    )
    return "WEBVTT\n\n" + "\n".join(cues)


@pytest.mark.timeout(900)
@pytest.mark.skipif("LONG_TESTS" not in os.environ, reason="takes 5 minutes of two cores: runs with LONG_TESTS=1")
def test_captions_of_two_hundred_thousand_words(mallory, film):
    """Every window is embedded twice, at about 50 ms on two cores: minutes, with progress, to a right result."""
    video = mallory.settled(mallory.accepted(film, captions=many_words(200_000)), 800)
    assert video["status"] == "ready", video
    assert found(mallory, "word19999") == [video["id"]]


def test_captions_of_forty_thousand_words(mallory, film):
    video = mallory.settled(mallory.accepted(film, captions=many_words(40_000)), 110)
    assert video["status"] == "ready", video
    assert found(mallory, "word3999") == [video["id"]]
    for kind in ("vtt", "srt", "txt"):
        text = mallory.get(f"/videos/{video['id']}/transcript", params={"format": kind}).text
        assert "word0 " in text
        assert "word3999 " in text


BOMBS = {
    "arrows": "--> " * 10_000,
    "tags": "<c." * 600_000,
    "escapes": "&amp;" * 400_000,
    "no-spaces": "a" * 2_000_000,
    "spaces": "a" + " " * 2_000_000 + "b",
    "no-sentence": "word " * 10_000,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_captions_made_to_take_for_ever(mallory, film, kind):
    """Two megabytes without a sentence's end took three minutes and two gigabytes once."""
    began = time.monotonic()
    video = mallory.processed(film, captions=captions(BOMBS[kind]))
    assert video["status"] == "ready", video
    assert time.monotonic() - began < 60


def test_captions_of_a_million_lines_are_read_at_once_and_can_be_taken_back(mallory, film):
    """Two overlapping cues were compared line by line for every possible overlap once: hours, in the API's process."""
    text = captions("a\n" * 600_000) + "\n00:00:00.500 --> 00:00:02.000\n" + "b\n" * 600_000
    began = time.monotonic()
    video = mallory.accepted(film, captions=text)
    assert time.monotonic() - began < 30
    assert mallory.delete(f"/videos/{video}").status_code == 204


def form(length):
    return (
        f"POST {API}/videos/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {length}\r\n"
    )


OPENING = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'


@pytest.mark.usefixtures("well")
def test_five_gigabytes_that_never_come(running, mallory):
    raw = connection(running.origin)
    raw.sendall(f"{form(5 << 30)}Authorization: Bearer {mallory.token}\r\n\r\n".encode() + OPENING)
    assert status_line(raw) == 408
    until(lambda: running.rows("SELECT count(*) FROM upload_metadata WHERE completed_at IS NULL") == [(0,)], "is gone")


def test_many_clients_of_a_byte_now_and_then_hold_up_nobody(running, mallory, film):
    """Slow heads and slow bodies, more of them than there are threads; one who is quick is served meanwhile."""
    slow = [connection(running.origin) for _ in range(150)]
    try:
        for index, raw in enumerate(slow):
            head = form(1 << 20) + (f"Authorization: Bearer {mallory.token}\r\n\r\n" if index % 2 else "X-Slow: ")
            raw.sendall(head.encode() + (OPENING if index % 2 else b"x"))
        began = time.monotonic()
        assert mallory.get("/users/me").status_code == 200
        assert mallory.processed(film, captions=captions("Quick."))["status"] == "ready"
        assert time.monotonic() - began < 30
    finally:
        for raw in slow:
            raw.close()


def test_nobody_elses_word_was_found_by_any_of_it(mallory, victim):
    assert found(victim, SECRET) == [victim.private["id"]]
    assert mallory.get("/videos/search", params={"q": SECRET}).json() == {"items": [], "next_cursor": None, "total": 0}


def test_no_fault_was_logged(running):
    """Nothing above may have been an unexpected error inside, however well the answer looked."""
    faults = [line for line in running.logged().splitlines() if "Traceback" in line or "request_failed" in line]
    assert faults == []
