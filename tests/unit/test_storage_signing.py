import itertools

from hypothesis import given
from hypothesis import strategies as st

from reelscribe.engines.storage.signing import derive_key, expiry, sign, verify

KEY = derive_key("a secret", "media")
PATH = "videos/9vXk/hls/720p.m3u8"


def test_a_token_serves_its_path_until_it_expires():
    token = sign(KEY, PATH, 1000)
    assert verify(KEY, token, PATH, 999.9)
    assert not verify(KEY, token, PATH, 1000)
    assert not verify(KEY, token, PATH + "8", 999)
    assert not verify(KEY, token, "videos/9vXk/hls", 999)


def test_a_token_of_a_folder_serves_all_below_it_and_nothing_beside():
    token = sign(KEY, "videos/9vXk/", 1000, depth=2)
    assert verify(KEY, token, PATH, 0)
    assert verify(KEY, token, "videos/9vXk/poster.jpg", 0)
    assert not verify(KEY, token, "videos/9vXk", 0)
    assert not verify(KEY, token, "videos/9vXkk/poster.jpg", 0)
    assert not verify(KEY, token, "videos/other/poster.jpg", 0)


def test_no_claim_of_a_token_can_be_changed():
    expires, depth, mac = sign(KEY, "videos/9vXk/", 1000, depth=2).split(".")
    forged = [
        f"{int(expires, 16) + 1:x}.{depth}.{mac}",
        f"{expires}.1.{mac}",
        f"{expires}.0.{mac}",
        f"{expires}.{depth}.",
    ]
    forged += [
        f"0{expires}.{depth}.{mac}",
        f"{expires}.+{depth}.{mac}",
        f"{expires}.{depth}.{mac}x",
        f"{expires}.-1.{mac}",
    ]
    assert not any(verify(KEY, token, PATH, 0) for token in forged)


def test_the_download_name_is_signed():
    token = sign(KEY, PATH, 1000, extra="talk.mp4")
    assert verify(KEY, token, PATH, 0, extra="talk.mp4")
    assert not verify(KEY, token, PATH, 0)
    assert not verify(KEY, token, PATH, 0, extra="evil.exe")


def test_keys_of_other_purposes_and_secrets_do_not_serve():
    token = sign(KEY, PATH, 1000)
    assert not verify(derive_key("a secret", "parts"), token, PATH, 0)
    assert not verify(derive_key("another", "media"), token, PATH, 0)


@given(st.text(max_size=100), st.text(max_size=60))
def test_nonsense_is_refused_without_an_error(token: str, path: str):
    assert not verify(KEY, token, path, 0)


@given(st.floats(0, 4e9), st.integers(1, 7 * 86400))
def test_an_address_lives_at_least_as_long_as_wished_and_little_longer(now: float, wish: int):
    assert wish <= expiry(now, wish) - now <= wish * 1.25 + 2


def test_addresses_stay_equal_for_a_quarter_of_their_life():
    made = [expiry(now, 3600) for now in range(0, 7200, 60)]
    assert [len(list(group)) for _, group in itertools.groupby(made)][1:-1] == [15] * 7
