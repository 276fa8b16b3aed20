"""Writes are made in order, once the storage can be written to; what cannot be written ends the search."""

import sqlite3
import threading
import time

import pytest
import sqlalchemy
from optuna.exceptions import StorageInternalError
from tests.makers.processes import wait_until

from trading_hpo.engine.store import outage
from trading_hpo.engine.store import writer as module
from trading_hpo.engine.store.outage import will_pass
from trading_hpo.engine.store.writer import Writer


def away(message="connection refused"):
    return sqlalchemy.exc.OperationalError("insert", {}, RuntimeError(message))


def of_sqlite(message):
    return sqlalchemy.exc.OperationalError("insert", {}, sqlite3.OperationalError(message))


def wrapped(cause):
    error = StorageInternalError("during the commit")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (away(), True),
        (wrapped(away()), True),
        (sqlalchemy.exc.InterfaceError("select", {}, RuntimeError("closed")), True),
        (sqlalchemy.exc.InternalError("select", {}, RuntimeError("gone"), connection_invalidated=True), True),
        (of_sqlite("database is locked"), True),
        (of_sqlite("database or disk is full"), False),
        (of_sqlite("attempt to write a readonly database"), False),
        (wrapped(of_sqlite("no such table: trials")), False),
        (sqlalchemy.exc.IntegrityError("insert", {}, RuntimeError("unique")), False),
        (ValueError("our own mistake"), False),
    ],
)
def test_which_failures_pass(error, passes):
    assert will_pass(error) == passes


def test_a_storage_that_was_away_is_asked_again_the_later_the_longer_the_question_took(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(outage.time, "monotonic", lambda: now[0])
    absence = outage.Absence()
    assert not absence.is_likely
    absence.note(began=99.9)  # refused at once
    now[0] = 101.1
    assert not absence.is_likely
    absence.note(began=96.1)  # five seconds without an answer
    now[0] = 125.0
    assert absence.is_likely
    now[0] = 127.0
    assert not absence.is_likely


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(module, "RETRY_S", 0.01)


def failing(times, error, then):
    """A write that fails so often before it works."""
    left = [error] * times

    def write():
        if left:
            raise left.pop()
        then()

    return write


def test_until_it_is_started_a_write_is_made_at_once_and_its_failure_raised_there():
    made = []
    Writer().put(lambda: made.append(1))
    assert made == [1]
    with pytest.raises(sqlalchemy.exc.OperationalError):
        Writer().put(failing(1, away(), lambda: None))


def test_order_is_kept_while_the_storage_is_away():
    made, writer = [], Writer()
    writer.start()
    writer.put(failing(3, away(), lambda: made.append(0)))
    for number in range(1, 20):
        writer.put(lambda number=number: made.append(number))
    writer.finish(lambda: True)
    assert made == list(range(20))


@pytest.mark.parametrize(("error", "tries"), [(away(), 1_000_000), (of_sqlite("database or disk is full"), 1)])
def test_after_a_failure_that_does_not_pass_nothing_is_written_any_more(error, tries):
    made, writer = [], Writer(patience_s=0.1)
    writer.start()
    writer.put(failing(tries, error, lambda: made.append("first")))
    writer.put(lambda: made.append("second"))
    wait_until(lambda: writer._failure is not None)
    with pytest.raises(sqlalchemy.exc.OperationalError):
        writer.check()
    with pytest.raises(sqlalchemy.exc.OperationalError):
        writer.finish(lambda: True)
    assert made == []


def test_patience_is_for_each_write_anew():
    made, writer = [], Writer(patience_s=0.3)
    writer.start()
    for number in range(4):
        writer.put(failing(10, away(), lambda number=number: made.append(number)))
    writer.finish(lambda: True)
    assert made == [0, 1, 2, 3]


def test_whoever_cannot_wait_leaves_what_hangs_unwritten():
    made, hangs, writer = [], threading.Event(), Writer()
    writer.start()
    writer.put(hangs.wait)
    writer.put(lambda: made.append(1))
    asked = time.monotonic()
    writer.finish(lambda: time.monotonic() < asked + 0.3)  # comes back though the first write still hangs
    hangs.set()
    time.sleep(0.1)
    assert made == []
