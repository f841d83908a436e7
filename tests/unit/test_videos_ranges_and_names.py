"""Ranges of bytes, names of files, bounds of time, cursors and tickets: pure functions, whatever they are given."""

import re
from datetime import UTC, datetime, timedelta
from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reelscribe.videos import play_address
from reelscribe.videos.byte_range import NotSatisfiable, parse_range
from reelscribe.videos.cursor import InvalidCursor, Place, seal, unseal
from reelscribe.videos.dates import since, until
from reelscribe.videos.file_name import attachment, download_name
from reelscribe.videos.language_names import language_name
from reelscribe.videos.serving import made

KEY = b"k" * 32
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(size=st.integers(0, 50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_a_range_is_the_slice_that_it_says(size, first, last):
    body = bytes(range(size))
    for header, part in (
        (f"bytes={first}-{last}", body[first : last + 1]),
        (f"bytes={first}-", body[first:]),
        (f"bytes=-{last}", body[-last:] if last else b""),
    ):
        if header == f"bytes={first}-{last}" and last < first:
            assert parse_range(header, size) is None
        elif part:
            start, end = parse_range(header, size)
            assert body[start:end] == part
        else:
            with pytest.raises(NotSatisfiable):
                parse_range(header, size)


@given(header=st.text(max_size=40), size=st.integers(0, 1000))
@example(header="bytes=0-0,2-2", size=9)
@example(header="bytes=٣-٤", size=9)
@example(header="bytes=1-2 ", size=9)
def test_any_header_gives_a_range_inside_the_content_or_none(header, size):
    try:
        found = parse_range(header, size)
    except NotSatisfiable:
        return
    assert found is None or 0 <= found[0] < found[1] <= size


@given(title=st.text(max_size=700))
@example(title="../../x")
@example(title="CON")
@example(title='"; x="')
def test_a_download_has_a_name_that_every_system_takes(title):
    name = download_name(title, ".mp4")
    assert name.endswith(".mp4")
    assert len(name) <= 124
    assert not re.search(r'[\x00-\x1f\x7f/\\:*?"<>|]', name)
    assert not name.startswith(".")
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()
    parsed = Message()
    parsed["content-disposition"] = header
    assert parsed.get_content_disposition() == "attachment"
    assert unquote(header.partition("filename*=UTF-8''")[2]) == name
    assert header.count('"') == 2


@given(text=st.text(max_size=60))
@example(text="0001-01-01T00:00+14:00")
@example(text="9999-12-31")
def test_any_bound_is_a_time_in_utc_or_refused(text):
    for read in (since, until):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found.utcoffset() == timedelta(0)


def test_a_day_as_the_end_counts_as_a_whole():
    assert until("2026-01-31") == datetime(2026, 2, 1, tzinfo=UTC)
    assert until("2026-01-31T09:00:00") == datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert since("2026-01-31") == datetime(2026, 1, 31, tzinfo=UTC)
    assert since("2026-01-31T09:00:00-05:00") == datetime(2026, 1, 31, 14, tzinfo=UTC)
    assert since(None) is None


@given(moment=MOMENTS, row=st.integers(-(2**63), 2**63 - 1), scope=st.text(max_size=20))
def test_a_cursor_comes_back_whole_and_only_to_its_own_list(moment, row, scope):
    cursor = seal(KEY, Place(moment, row), scope)
    assert unseal(KEY, cursor, scope) == Place(moment, row)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    for key, other in ((KEY, scope + "x"), (b"o" * 32, scope)):
        with pytest.raises(InvalidCursor):
            unseal(key, cursor, other)


@given(text=st.text(max_size=60))
def test_no_text_that_was_made_up_is_a_cursor(text):
    with pytest.raises(InvalidCursor):
        unseal(KEY, text, "")


@given(text=st.text(max_size=90) | st.from_regex(r"[0-9]{1,30}\.[0-9a-f]{1,9}\.0\.[A-Za-z0-9_-]{43}", fullmatch=True))
def test_no_text_that_was_made_up_is_a_ticket(text):
    assert play_address.read_ticket(KEY, "7pQv9XkM2aB", text) is None


@pytest.mark.parametrize("user_id", [None, 1, 2**63 - 1])
def test_a_ticket_tells_for_whom_and_until_when(user_id):
    allowed = play_address.grant(user_id, 60)
    ticket = play_address.ticket(KEY, "7pQv9XkM2aB", allowed)
    assert play_address.read_ticket(KEY, "7pQv9XkM2aB", ticket) == allowed
    assert play_address.read_ticket(KEY, "7pQv9XkM2aC", ticket) is None
    assert 59 <= (allowed.expires_at - datetime.now(UTC)).total_seconds() <= 77


def test_equal_content_has_an_equal_etag():
    assert made(b"a", "text/plain").etag == made(b"a", "text/plain").etag != made(b"b", "text/plain").etag


def test_languages_are_named_in_themselves():
    assert [language_name(code) for code in ("de", "pt-BR", "tlh", None)] == ["Deutsch", "Português", "tlh", "Captions"]
