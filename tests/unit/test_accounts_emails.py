"""Addresses in one form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelscribe.accounts.emails import LONGEST, normalize


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ada@Example.COM ", "ada@example.com"),
        ("a.b+tag@sub.example.org", "a.b+tag@sub.example.org"),
        ("me@nas.local", "me@nas.local"),
        ("me@localhost", "me@localhost"),
        ("u\u0308ber@example.com", "\u00fcber@example.com"),
        ("x@B\u00dcCHER.example", "x@b\u00fccher.example"),
    ],
)
def test_one_address_has_one_form(typed: str, kept: str) -> None:
    assert normalize(typed) == kept


@pytest.mark.parametrize(
    "text",
    [
        *["", "a", "@", "a@", "@b.c", "a@b@c.d", "a b@c.d", "a\0@b.cd", "a@b.cd\0", "a@[", "a\n@b.cd", "\ud800@b.cd"],
        *["a@" + "b" * 300 + ".com", "a" * 300 + "@example.com", "Ada <ada@example.com>", "a@.local", "@localhost"],
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a valid email address"):
        normalize(text)


@given(st.emails())
def test_a_normal_form_is_its_own_and_fits(address: str) -> None:
    try:
        kept = normalize(address)
    except ValueError:
        return  # longer than mail servers take, or a domain of the standard's exotic kind
    assert normalize(kept) == kept
    assert len(kept) <= LONGEST
    assert "\0" not in kept


@given(st.text(max_size=60).filter(lambda text: "@" not in text))
def test_no_text_without_an_at_sign_is_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="not a valid email address"):
        normalize(text)
