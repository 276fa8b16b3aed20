"""A persistent process that trains what it is sent; it never talks to the study storage.

Messages to a worker: ``(slot, parameters)`` starts a trial; while it runs, ``"go"`` or ``"prune"`` answers each
report and ``"stop"`` interrupts it at the next batch.
Messages from it: ``("ready", None)`` once, then
``("report", outcome)``, ``("done" | "pruned", outcome)``, ``("failed", reason)``,
``("over_limit", (reason, last outcome or none))``, ``("interrupted", None)``.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ctypes import c_double
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import Any, Protocol

from trading_hpo.errors import StaleInputError, TradingHpoError
from trading_hpo.market.panel import open_panel
from trading_hpo.search.costs import OverLimitError
from trading_hpo.search.fingerprint import panel_digest
from trading_hpo.search.trial import TrialOutcome, TrialRunner, TrialTask
from trading_hpo.search.workers.heartbeat import beating
from trading_hpo.training.loop import Interrupted
from trading_hpo.training.machine import give_memory_back, use_one_thread
from trading_hpo.training.scalars import Scalars, scalars_in


class Runner(Protocol):
    """What trains trials; ``TrialRunner``, or one that stands for it where training is not the point."""

    def run(self, parameters: Mapping[str, Any], should_stop: Callable[[], bool]) -> Iterator[TrialOutcome]:
        """Train and yield what the trial is worth so far."""


MakeRunner = Callable[[TrialTask, Path], Runner]


def make_runner(task: TrialTask, panel_path: Path) -> TrialRunner:
    """Map the panel and check that it is the one that the study is about."""
    panel = open_panel(panel_path)
    if panel_digest(panel) != task.panel_digest:
        raise StaleInputError(f"{panel_path} was replaced while the search runs")
    return TrialRunner(task, panel)


def work(
    pipe: "connection.Connection[Any, Any]", beat: c_double, make: MakeRunner, task: TrialTask, panel_path: Path
) -> None:
    """Serve trials until told to end or until the parent is gone."""
    # Ctrl-C reaches the whole process group; only the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    use_one_thread()
    _die_with_parent()
    runner = make(task, panel_path)
    pipe.send(("ready", None))
    # A parent that is gone ends the pipe, and with it the work.
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            order = pipe.recv()
            if order == "stop":  # arrived after the trial had ended
                continue
            slot, parameters = order
            folder = None if task.scalars is None else task.scalars / f"{slot:05}"
            with scalars_in(folder, parameters) as scalars:
                for message in _messages(runner, parameters, pipe, beat, scalars):
                    pipe.send(message)
            give_memory_back()


def _messages(
    runner: Runner,
    parameters: dict[str, Any],
    pipe: "connection.Connection[Any, Any]",
    beat: c_double,
    scalars: Scalars | None,
) -> Iterator[tuple[str, Any]]:
    outcome = None
    try:
        for outcome in runner.run(parameters, should_stop=beating(beat, pipe.poll)):
            if scalars is not None:
                scalars.write(outcome.step, outcome.shown())
            if outcome.finished:
                yield "done", outcome
                return
            yield "report", outcome
            answer = pipe.recv()
            if answer == "stop":
                yield "interrupted", None
                return
            if answer == "prune":
                yield "pruned", outcome
                return
    except Interrupted:
        pipe.recv()  # the "stop" that was seen
        yield "interrupted", None
    except OverLimitError as error:
        yield "over_limit", (str(error), outcome)
    except TradingHpoError as error:
        yield "failed", str(error)
    except Exception as error:  # a trial's own failure is a result; the search goes on with the next one
        yield "failed", f"{type(error).__name__}: {error}"


def _die_with_parent() -> None:
    """A parent killed with -9 cannot say goodbye; its workers must not train on for nobody."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
