import asyncio
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reelscribe.engines.storage import InvalidKey
from reelscribe.engines.storage.content_types import content_type_of
from reelscribe.engines.storage.keys import validate_key, validate_prefix
from reelscribe.engines.storage.local import LocalStorage
from reelscribe.engines.storage.whole import put_bytes, read_bytes

HOSTILE = st.lists(
    st.sampled_from(
        ["..", ".", "", "/", "\\", "\0", "~", "%2e%2e", "a", "b.mp4", ".tmp", ".parts", "\u2215", "\uff0e", "\n", "-rf"]
    )
).map("/".join) | st.text(max_size=40)


@given(HOSTILE)
@example("../../etc/passwd")
@example("a" * 129)
@example("a/" * 300 + "a")
@example("\uff41")
def test_a_key_is_refused_or_stays_below_the_root(key: str):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "objects")
        storage = LocalStorage(root, secret="secret")
        try:
            asyncio.run(put_bytes(storage, key, b"data", content_type="text/plain"))
        except InvalidKey:
            assert not [path for path in Path(folder).rglob("*") if path.is_file()]
            return
        assert asyncio.run(read_bytes(storage, key)) == b"data"
        (written,) = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert written.resolve().relative_to(root.resolve()).as_posix() == key
        assert set(key) <= set(string.ascii_letters + string.digits + "._=-/")


@pytest.mark.parametrize("key", ["a", "videos/9vXk/720p.mp4", "a" * 128, "/".join("a" * 12), "x/a=b_c-d.e"])
def test_takes_the_keys_that_the_platform_makes(key: str):
    assert "/".join(validate_key(key)) == key
    assert validate_prefix(key + "/") == validate_key(key)


@pytest.mark.parametrize("key", ["a" * 129, "/".join("a" * 13), "a/" * 256 + "a", "a\n", "a/..", "-a", "é"])
def test_refuses_what_is_too_long_too_deep_or_strange(key: str):
    with pytest.raises(InvalidKey):
        validate_key(key)
    with pytest.raises(InvalidKey):
        validate_prefix(key + "/")


def test_a_prefix_names_a_whole_folder():
    assert validate_prefix("") == ()
    assert validate_prefix("videos/a/") == ("videos", "a")
    for prefix in ("videos/a", "videos/ab/c", "/", "../"):
        with pytest.raises(InvalidKey):
            validate_prefix(prefix)


def test_the_type_comes_from_the_suffix_alone():
    assert content_type_of("videos/a/720p.MP4") == "video/mp4"
    assert content_type_of("videos/a/master.m3u8") == "application/vnd.apple.mpegurl"
    assert content_type_of("videos/a/page.html") == content_type_of("mp4/x") == "application/octet-stream"
