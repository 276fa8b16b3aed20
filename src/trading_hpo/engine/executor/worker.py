"""A persistent process that evaluates what it is sent; it never touches the study storage.

Messages to a worker: a ``Candidate`` starts an evaluation; while it runs, ``"go"`` or ``"prune"`` answers each report
and ``"stop"`` interrupts it at the next batch.
Messages from it: ``("ready", None)`` once, then
``("report", report)``, ``("done" | "pruned", report)``, ``("failed", reason)``,
``("over_limit", (reason, last report or none))``, ``("interrupted", None)``.
"""

import os
import signal
import threading
from collections.abc import Generator
from contextlib import closing, suppress
from ctypes import c_double
from multiprocessing import connection, parent_process
from typing import Any

from trading_hpo.engine.candidate import Candidate, Evaluator, MakeEvaluator
from trading_hpo.engine.executor.heartbeat import beating
from trading_hpo.errors import Interrupted, OverLimitError, TradingHpoError


def work(pipe: "connection.Connection[Any, Any]", beat: c_double, make: MakeEvaluator) -> None:
    """Serve candidates until the pipe ends, with the parent or by its wish."""
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent()
    evaluator = make()
    pipe.send(("ready", None))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            candidate = pipe.recv()
            if candidate == "stop":  # arrived after the candidate had ended
                continue
            with closing(_messages(evaluator, candidate, pipe, beat)) as messages:
                for message in messages:
                    pipe.send(message)


def _messages(
    evaluator: Evaluator, candidate: Candidate, pipe: "connection.Connection[Any, Any]", beat: c_double
) -> Generator[tuple[str, Any], None, None]:
    report = None
    try:
        for report in evaluator.evaluate(candidate, should_stop=beating(beat, pipe.poll)):
            if report.finished:
                yield "done", report
                return
            yield "report", report
            answer = pipe.recv()
            if answer == "stop":
                yield "interrupted", None
                return
            if answer == "prune":
                yield "pruned", report
                return
    except Interrupted:
        pipe.recv()  # the "stop" that was seen
        yield "interrupted", None
    except OverLimitError as error:
        yield "over_limit", (str(error), report)
    except TradingHpoError as error:
        yield "failed", str(error)
    except Exception as error:  # a candidate's own failure is a result; the search goes on with the next one
        yield "failed", f"{type(error).__name__}: {error}"


def _die_with_parent() -> None:
    """End with a parent that was killed by -9: no process would receive the results."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
