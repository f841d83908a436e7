"""What a test needs and this machine may not have."""

import os

import pytest


def missing(what: str) -> None:
    """Skip the test, by name; with REQUIRE_ENGINES=1, as CI has it, fail it instead."""
    if os.environ.get("REQUIRE_ENGINES") == "1":
        pytest.fail(f"{what}, and REQUIRE_ENGINES=1")
    pytest.skip(what)
