"""Upload sessions: an announcement in JSON, parts to signed addresses, completion."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.support.uploads import MIB, Account, Server, mp4, serving

PART = 5 * MIB
SIZE = 2 * PART + 1234


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(
        tmp_path_factory.mktemp("parts"), UPLOAD_PART_BYTES=str(PART), MAX_UPLOAD_BYTES=str(20 * MIB)
    ) as running:
        yield running


@pytest.fixture
def account(server: Server) -> Account:
    return server.account()


@pytest.fixture
def client(server: Server, account: Account) -> Iterator[httpx.Client]:
    with server.client(account) as running:
        yield running


def announce(client: httpx.Client, size: int = SIZE, **more: object) -> dict:
    answer = client.post("/videos/upload", json={"filename": "a/b/talk.mp4", "size": size, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def put(server: Server, part: dict, data: bytes) -> dict:
    start = (part["number"] - 1) * PART
    answer = httpx.put(server.origin + part["url"], content=data[start : start + PART])
    assert answer.status_code == 200, answer.text
    return {"number": part["number"], "etag": answer.headers["etag"]}


def send_all(server: Server, session: dict, data: bytes) -> list[dict]:
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda part: put(server, part, data), reversed(session["upload"]["parts"])))


def events_of(server: Server, session: dict) -> int:
    [(count,)] = server.rows("SELECT count(*) FROM outbox_events WHERE video_key = ?", session["video"]["id"])
    return int(str(count))


def test_parts_in_any_order_become_the_video_once(server: Server, client: httpx.Client):
    data = mp4(SIZE)
    session = announce(client, title="In parts", content_type="video/mp4")
    assert session["video"]["status"] == "uploading"
    assert [part["number"] for part in session["upload"]["parts"]] == [1, 2, 3]
    assert events_of(server, session) == 0
    parts = send_all(server, session, data)
    address = f"/videos/{session['video']['id']}/upload/complete"
    answers = [client.post(address, json={"parts": parts}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["status"] == "pending"
    assert events_of(server, session) == 1
    [(key, file_name)] = server.rows("SELECT key, file_name FROM videos WHERE public_id = ?", session["video"]["id"])
    assert file_name == "talk.mp4"
    assert server.stored()[str(key)].read_bytes() == data


def test_completions_at_once_make_one_event(server: Server, client: httpx.Client):
    session = announce(client)
    body = {"parts": send_all(server, session, mp4(SIZE))}
    address = f"/videos/{session['video']['id']}/upload/complete"
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.post(address, json=body).status_code, range(6)))
    assert set(answers) == {202}
    assert events_of(server, session) == 1


def test_a_client_can_ask_what_is_there_and_go_on(server: Server, client: httpx.Client):
    data = mp4(SIZE)
    session = announce(client)
    first = put(server, session["upload"]["parts"][0], data)
    told = client.get(f"/videos/{session['video']['id']}/upload").json()
    assert [(part["number"], f'"{part["etag"]}"') for part in told["received"]] == [(1, first["etag"])]
    rest = [put(server, part, data) for part in told["parts"][1:]]
    answer = client.post(f"/videos/{session['video']['id']}/upload/complete", json={"parts": [first, *rest]})
    assert answer.status_code == 202
    assert client.get(f"/videos/{session['video']['id']}/upload").status_code == 409


def test_what_is_missing_is_named_and_can_be_sent_after(server: Server, client: httpx.Client):
    data = mp4(SIZE)
    session = announce(client)
    address = f"/videos/{session['video']['id']}/upload/complete"
    parts = [put(server, part, data) for part in session["upload"]["parts"][:2]]
    refused = client.post(address, json={"parts": parts})
    assert refused.status_code == 409
    assert "part 3" in refused.json()["detail"]
    parts.append(put(server, session["upload"]["parts"][2], data))
    wrong = client.post(address, json={"parts": [*parts[:2], {"number": 3, "etag": "0" * 32}]})
    assert wrong.status_code == 409
    assert client.post(address, json={"parts": parts}).status_code == 202


def test_addresses_can_not_be_forged_and_parts_have_their_size(server: Server, client: httpx.Client):
    session = announce(client)
    url = server.origin + session["upload"]["parts"][0]["url"]
    assert httpx.put(url[:-1] + "2", content=b"x").status_code == 403
    token = url.split("/")[-3]
    assert httpx.put(url.replace(token, "f" + token[1:]), content=b"x").status_code == 403
    assert httpx.put(url, content=b"too short").status_code == 409
    assert httpx.put(url, content=b"x" * (PART + 1)).status_code == 409


def test_somebody_elses_session_is_not_there(server: Server, client: httpx.Client):
    session = announce(client)
    parts = send_all(server, session, mp4(SIZE))
    base = f"/videos/{session['video']['id']}/upload"
    with server.client(server.account("Eve")) as other:
        assert other.get(base).status_code == 404
        assert other.delete(base).status_code == 404
        assert other.post(f"{base}/complete", json={"parts": parts}).status_code == 404
    with server.client() as nobody:
        assert nobody.post(f"{base}/complete", json={"parts": parts}).status_code == 401
    assert client.post(f"{base}/complete", json={"parts": parts}).status_code == 202


def test_content_is_judged_at_the_end_and_a_text_leaves_nothing(server: Server, client: httpx.Client):
    session = announce(client)
    parts = send_all(server, session, (b"just words, " * (SIZE // 12 + 1))[:SIZE])
    answer = client.post(f"/videos/{session['video']['id']}/upload/complete", json={"parts": parts})
    assert answer.status_code == 415, answer.text
    assert server.rows("SELECT 1 FROM videos WHERE public_id = ?", session["video"]["id"]) == []
    assert not [key for key in server.stored() if session["video"]["id"] in key]
    assert events_of(server, session) == 0


def test_given_up_it_is_gone_with_its_parts(server: Server, client: httpx.Client):
    session = announce(client)
    send_all(server, session, mp4(SIZE))
    assert client.delete(f"/videos/{session['video']['id']}/upload").status_code == 204
    assert server.rows("SELECT 1 FROM videos WHERE public_id = ?", session["video"]["id"]) == []
    assert httpx.put(server.origin + session["upload"]["parts"][0]["url"], content=b"x" * PART).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filename": "a.mp4", "size": 0}, 422),
        ({"filename": "a.mp4", "size": -1}, 422),
        ({"filename": "a.mp4", "size": 2**70}, 422),
        ({"filename": "a.mp4", "size": 21 * MIB}, 413),
        ({"filename": "", "size": 5}, 422),
        ({"size": 5}, 422),
        ({"filename": "a.mp4", "size": 5, "language": "zz"}, 422),
        ({"filename": "a.mp4", "size": 5, "captions": "nonsense"}, 422),
        ({"filename": "a.mp4", "size": 5, "titel": "x"}, 422),
        (["a"], 422),
    ],
)
def test_bad_announcements(server: Server, client: httpx.Client, body: object, status: int):
    before = server.rows("SELECT count(*) FROM videos")
    answer = client.post("/videos/upload", json=body)
    assert answer.status_code == status, answer.text
    assert server.rows("SELECT count(*) FROM videos") == before


def test_captions_may_come_with_the_announcement(server: Server, client: httpx.Client):
    captions = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"
    session = announce(client, captions=captions)
    parts = send_all(server, session, mp4(SIZE))
    assert client.post(f"/videos/{session['video']['id']}/upload/complete", json={"parts": parts}).status_code == 202
    [(key,)] = server.rows("SELECT captions_key FROM videos WHERE public_id = ?", session["video"]["id"])
    assert server.stored()[str(key)].read_text() == captions
