"""What people read of an attempt that failed: true while it is tried again, and true when it no longer is."""

import errno
import os
import re

import pytest
from sqlalchemy.exc import OperationalError

from reelscribe.engines.storage import StorageFull, StorageUnavailable
from reelscribe.models import ModelDamaged
from reelscribe.pipeline.setback import Setback
from reelscribe.pipeline.stage import TryAgainError

TROUBLE = [
    (StorageFull("/data is full"), "no room left"),
    (StorageUnavailable("/data is not there"), "storage did not answer"),
    (OSError(errno.EIO, os.strerror(errno.EIO)), "Input/output error"),
    (ConnectionResetError(), "connection failed"),
    (OperationalError("SELECT 1", {}, Exception("database is locked")), "database did not answer"),
    (MemoryError(), "out of memory"),
    (ZeroDivisionError(), "unexpected"),
]


@pytest.mark.parametrize(("error", "reason"), TROUBLE)
def test_a_retry_is_promised_only_while_there_is_one(error, reason):
    setback = Setback.of(error)
    assert reason in setback.while_retrying
    assert reason in setback.after(5)
    assert setback.while_retrying.endswith("It is tried again by itself.")
    assert "again by itself" not in setback.after(5)
    assert "It was tried 5 times." in setback.after(5)


@pytest.mark.parametrize(("error", "reason"), TROUBLE)
def test_what_is_told_is_made_of_whole_sentences(error, reason):
    setback = Setback.of(error)
    for text in (setback.while_retrying, setback.after(5)):
        assert re.search(reason, text)
        assert re.fullmatch(r"(?:[A-Z][^.]*\.(?: |$))+", text)


@pytest.mark.parametrize("error", [TryAgainError("The server is full; free some space."), ModelDamaged("Install it.")])
def test_an_error_that_says_what_to_do_is_told_as_it_is(error):
    setback = Setback.of(error)
    assert setback.while_retrying == setback.after(5) == str(error)


def test_a_statement_and_its_values_stay_out_of_the_history():
    error = OperationalError("SELECT secret", {"password": "hunter2"}, Exception("disk I/O error"))
    assert Setback.of(error).detail == "disk I/O error"
