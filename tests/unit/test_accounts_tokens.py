"""Access tokens: only ours, only whole, only while they last."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.accounts.tokens import InvalidToken, Tokens

SECRET = b"a secret of at least thirty-two characters"
CLAIMS = {"sub": "7", "epoch": "e", "jti": "j", "iat": int(time.time()), "exp": int(time.time()) + 60}


def tokens() -> Tokens:
    return Tokens(SECRET, 60)


def signed(claims: dict[str, object], secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_tells_whose_it_is_and_until_when() -> None:
    claims = tokens().read(tokens().issue(7, "epoch"))
    assert (claims.user_id, claims.epoch) == (7, "epoch")
    assert 58 < claims.expires_at.timestamp() - time.time() <= 60


def test_no_two_tokens_share_an_id() -> None:
    assert len({tokens().read(tokens().issue(7, "e")).token_id for _ in range(100)}) == 100


def test_a_token_of_another_secret_is_refused() -> None:
    with pytest.raises(InvalidToken):
        tokens().read(Tokens(SECRET[::-1], 60).issue(7, "e"))


def test_an_expired_token_is_refused() -> None:
    with pytest.raises(InvalidToken):
        tokens().read(signed({**CLAIMS, "exp": int(time.time()) - 1}))


def test_a_token_from_the_future_is_refused() -> None:
    with pytest.raises(InvalidToken):
        tokens().read(signed({**CLAIMS, "iat": int(time.time()) + 600}))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
@pytest.mark.parametrize("signature", ["", "x"])
def test_a_token_that_claims_to_need_no_signature_is_refused(algorithm: str, signature: str) -> None:
    with pytest.raises(InvalidToken):
        tokens().read(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(CLAIMS)}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_secret_is_refused(algorithm: str) -> None:
    with pytest.raises(InvalidToken):
        tokens().read(signed(CLAIMS, SECRET * 2, algorithm))


@pytest.mark.parametrize("claim", ["sub", "jti", "iat", "exp", "epoch"])
def test_a_token_without_one_of_our_claims_is_refused(claim: str) -> None:
    with pytest.raises(InvalidToken):
        tokens().read(signed({name: value for name, value in CLAIMS.items() if name != claim}))


@pytest.mark.parametrize(
    "change",
    [
        *({"sub": sub} for sub in ("x", "0", "-1", str(2**63), "9" * 200, "")),
        *({"epoch": epoch} for epoch in (5, ["e"], "e" * 200)),
        *({"jti": token_id} for token_id in ("", "j" * 200)),
        {"exp": 1e30},
    ],
)
def test_a_token_of_ours_with_claims_of_nobody_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        tokens().read(signed({**CLAIMS, **change}))


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = tokens().issue(7, "e").split(".")
    with pytest.raises(InvalidToken):
        tokens().read(f"{header}.{part({**CLAIMS, 'sub': '1'})}.{signature}")


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_refused_and_never_breaks(text: str) -> None:
    with pytest.raises(InvalidToken):
        tokens().read(text)


def test_a_deeply_nested_token_is_refused() -> None:
    nested = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(InvalidToken):
        tokens().read(f"{nested}.{nested}.x")


def test_a_short_secret_signs_as_everyone_expects_it_to() -> None:
    header, claims, signature = Tokens(b"short", 60).issue(7, "e").split(".")
    expected = hmac.digest(b"short", f"{header}.{claims}".encode(), hashlib.sha256)
    assert signature == base64.urlsafe_b64encode(expected).decode().rstrip("=")
