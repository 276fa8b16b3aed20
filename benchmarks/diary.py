"""What the workers of a search did, and when: an epoch at a time, noted by the workers themselves.

The project's own code is not changed for that. In the process that runs the search, the function that worker
processes are started with is replaced by one that first wraps, in the worker, what it wants to time.
"""

import functools
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.resident import Resident

ASKED = "asked"


@dataclass(frozen=True)
class Entry:
    """One epoch of one trial on all its folds, or, without a trial, the moment a worker was ready.

    Attributes:
        worker: Its process.
        trial: Counted by the worker, from 1; 0 for the moment it was ready.
        began: Seconds on the machine's monotonic clock, which all processes share.
        ended: As above.
        cpu_s: Processor time of the worker in this time: less than the time where it had to wait for a core.
        metrics_s: Of this time, spent on metrics and back-tests.
        search_cpu_s: Processor time that the process of the search had used by then.
        resting_mb: Anonymous memory when the trial began, if memory is noted.
        peak_own_mb: The most own memory since the entry before, if memory is noted.
    """

    worker: int
    trial: int
    began: float
    ended: float
    cpu_s: float
    metrics_s: float
    search_cpu_s: float
    resting_mb: float
    peak_own_mb: float


def keep_diary(folder: Path, with_memory: bool) -> None:
    """Let workers that this process starts from now on write their diaries to a folder.

    Args:
        folder: Exists, and is empty.
        with_memory: Costs some milliseconds per epoch, so not where times matter.
    """
    from trading_hpo.engine.executor import processes

    replaced: Any = processes  # what is replaced is a function of a module
    replaced.work = functools.partial(_work, folder, os.getpid(), with_memory)

    def noted(function: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*arguments: Any) -> Any:
            with (folder / ASKED).open("a") as file:
                file.write(f"{time.monotonic()}\n")
            return function(*arguments)

        return asked

    # The server that workers are forked from may be started before the first of them is.
    replaced.forkserver.ensure_running = noted(replaced.forkserver.ensure_running)
    replaced.ProcessExecutor._start_worker = noted(processes.ProcessExecutor._start_worker)


def first_asked(folder: Path) -> float:
    """Return when the search asked for its first worker."""
    return float((folder / ASKED).read_text().split()[0])


def read_diary(folder: Path) -> list[Entry]:
    """Return what all workers wrote, in order of time."""
    lines = [line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()]
    return sorted((Entry(**json.loads(line)) for line in lines), key=lambda entry: entry.ended)


def _work(folder: Path, search_pid: int, with_memory: bool, *arguments: Any) -> None:
    """Stands for ``work`` in a worker process, whose modules are as they were imported."""
    from trading_hpo.engine.executor import worker
    from trading_hpo.families.networks import fitting, fold
    from trading_hpo.study import evaluation

    pen = _Pen(folder / f"{os.getpid()}.jsonl", search_pid, with_memory)
    for module, name in ((fold, "judge"), (fitting, "monitored")):
        setattr(module, name, pen.times_metrics(getattr(module, name)))

    class NotedEvaluator(evaluation.TrialEvaluator):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            pen.note()

        def evaluate(self, *arguments: Any, **options: Any) -> Iterator[Any]:
            return pen.noted(super().evaluate(*arguments, **options))

    replaced: Any = evaluation
    replaced.TrialEvaluator = NotedEvaluator
    worker.work(*arguments)


class _Pen:
    """Writes the entries of one worker."""

    def __init__(self, path: Path, search_pid: int, with_memory: bool) -> None:
        self._path, self._search, self._with_memory = path, Path(f"/proc/{search_pid}/stat"), with_memory
        self._trial, self._metrics_s, self._resting_mb, self._inside = 0, 0.0, 0.0, False
        self._begin()

    def noted(self, epochs: Iterator[Any]) -> Iterator[Any]:
        """Hand epochs on, each noted before it is reported: the last one may be followed by a kill."""
        self._trial += 1
        self._resting_mb = Resident.now().anonymous_mb if self._with_memory else 0.0
        self._begin()
        for outcome in epochs:
            self.note()
            yield outcome
            self._begin()

    def _begin(self) -> None:
        self._began, self._cpu_began_s = time.monotonic(), time.process_time()

    def note(self) -> None:
        """Write what happened since the beginning of the epoch."""
        entry = Entry(
            os.getpid(),
            self._trial,
            self._began,
            time.monotonic(),
            time.process_time() - self._cpu_began_s,
            self._metrics_s,
            _cpu_s(self._search),
            self._resting_mb,
            self._peak(),
        )
        with self._path.open("a") as file:
            file.write(json.dumps(asdict(entry)) + "\n")
        self._metrics_s = 0.0

    def _peak(self) -> float:
        if not self._with_memory:
            return 0.0
        peak = Resident.now().peak_own_mb
        Resident.forget_peak()
        return peak

    def times_metrics(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function so that its time counts as metrics, once where one calls another."""

        def timed(*arguments: Any) -> Any:
            if self._inside:
                return function(*arguments)
            self._inside, began = True, time.monotonic()
            try:
                return function(*arguments)
            finally:
                self._inside = False
                self._metrics_s += time.monotonic() - began

        return timed


def _cpu_s(stat: Path) -> float:
    """Processor time of a process, in its own and the system's code."""
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
