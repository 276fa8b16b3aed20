"""A persistent process that evaluates what it is sent; it never touches the study storage.

Messages to a worker: a list of ``Candidate`` starts an evaluation; while it runs, ``"go"`` or ``"prune"`` answers each
report and ``"stop"`` interrupts it at the next look.
Messages from it: ``None`` once it is ready, then the executor's events. One that cannot be made ready says why and
ends: with ``CannotBegin`` if no other can either, else in words.
"""

import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from multiprocessing import connection, parent_process
from typing import Any, TypeAlias, cast

from trading_hpo.engine.candidate import (
    BatchEvaluator,
    Candidate,
    Evaluator,
    MakeEvaluator,
    PlanningEvaluator,
    Report,
)
from trading_hpo.engine.executor.executor import (
    Cancelled,
    CannotBegin,
    Failed,
    Finished,
    OfCandidate,
    OverLimit,
    Planned,
    Reported,
)
from trading_hpo.engine.executor.heartbeat import Pulse, beating
from trading_hpo.errors import Interrupted, OverLimitError, TradingHpoError

# Python's own error, PyTorch's on the CPU (whose kind is no other than RuntimeError), its on a GPU, the system's.
_NO_MEMORY = (
    "MemoryError",
    "can't allocate memory",
    "OutOfMemoryError",
    "Cannot allocate memory",
    "can't start new thread",
)

Pipe: TypeAlias = "connection.Connection[Any, Any]"


def work(pipe: Pipe, pulse: Pulse, task: bytes) -> None:
    """Serve batches of candidates until the pipe ends, with the parent or by its wish.

    Args:
        pipe: To the parent.
        pulse: That shows that the worker lives.
        task: A pickled ``MakeEvaluator``: to read it takes memory, and what fails there is said, too.
    """
    # Ctrl-C and a closed terminal reach the whole process group; only the parent decides what they mean.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        _die_with_parent()
        make: MakeEvaluator = pickle.loads(task)
        evaluator = make()
    except Exception as error:  # the parent says it
        # Data that were removed are removed for all workers; memory that one has not found, another may have.
        no_other_can = isinstance(error, TradingHpoError)
        with suppress(OSError):
            pipe.send(CannotBegin(str(error)) if no_other_can else reason_of(error))
        return
    with suppress(OSError):
        pipe.send(None)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            batch = pipe.recv()
            if batch == "stop":  # arrived after the batch had ended
                continue
            should_stop = beating(pulse, pipe.poll)
            # Only who can evaluate batches is sent any.
            events = (
                _of_one(evaluator, batch[0], pipe, should_stop)
                if len(batch) == 1
                else _of_many(cast(BatchEvaluator, evaluator), batch, pipe, should_stop)
            )
            with closing(events):
                for event in events:
                    pipe.send(event)


def _of_one(
    evaluator: Evaluator, candidate: Candidate, pipe: Pipe, should_stop: Callable[[], bool]
) -> Generator[OfCandidate, None, None]:
    slot, report = candidate.slot, None
    try:
        if isinstance(evaluator, PlanningEvaluator):
            yield Planned(slot, evaluator.outlook(candidate))
        for report in evaluator.evaluate(candidate, should_stop):
            if report.finished:
                yield Finished(slot, report.last(), pruned=False)
                return
            yield Reported(slot, report.passing())
            answer = pipe.recv()
            if answer == "stop":
                yield Cancelled(slot)
                return
            if answer == "prune":
                yield Finished(slot, report.last(), pruned=True)
                return
    except Interrupted:
        pipe.recv()  # the "stop" that was seen
        yield Cancelled(slot)
    except Exception as error:  # a candidate's own failure is a result; the search goes on with the next one
        yield _failed(slot, error, report)


def _of_many(
    evaluator: BatchEvaluator, batch: Sequence[Candidate], pipe: Pipe, should_stop: Callable[[], bool]
) -> Generator[OfCandidate, None, None]:
    left = [candidate.slot for candidate in batch]
    try:
        for slot, end in evaluator.evaluate_many(batch, should_stop):
            left.remove(slot)
            yield Finished(slot, end.last(), pruned=False) if isinstance(end, Report) else _failed(slot, end)
        if left:
            raise ValueError(f"the batch has ended without {len(left)} of its {len(batch)} candidates")
    except Interrupted:
        pipe.recv()
        yield from (Cancelled(slot) for slot in left)
    except Exception as error:
        yield from (_failed(slot, error) for slot in left)


def _failed(slot: int, error: Exception, report: Report | None = None) -> OfCandidate:
    if isinstance(error, OverLimitError):
        return OverLimit(slot, str(error), None if report is None else report.last())
    return Failed(slot, reason_of(error))


def reason_of(error: Exception) -> str:
    """Return what ended a candidate or a worker, in words."""
    if isinstance(error, TradingHpoError):
        return str(error)
    if any(sign in f"{type(error).__name__}: {error}" for sign in _NO_MEMORY):
        return (
            f"out of memory ({_first_line(error)}). Fewer hpo.workers leave more for each; smaller widths, windows and "
            "batches need less"
        )
    return f"{type(error).__name__}: {error}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]


def _die_with_parent() -> None:
    """End with a parent that was killed by -9: no process would receive the results."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
