"""Two workers against one: trials per minute of the same trials, on two cores.

24 trials of LSTM with their own widths and batch sizes, the same ones on both sides (random search gives each slot
its own seed), never pruned, and short: one epoch of few windows, then all stop and validation rows. Counted from the
moment all workers are ready to the end of the last epoch: the start of processes is left out, since it is paid once
per search; the idle tail, in which the last trial runs alone, is not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, quiet
from benchmarks.project import search
from trading_hpo.search.pool import default_workers

REPEATS = 3
TRIALS = 24
LIMIT = 1.8
SHORT = {"epochs": 1, "max_windows_per_epoch": 2048}


def rows(project: Path) -> Iterator[Row]:
    """Measure both numbers of workers in turn; one core has nothing to show."""
    if default_workers() < 2:
        return
    ratios, busy = [], []
    for turn in range(REPEATS):
        busy.append(quiet(wait_s=90))
        order = (1, 2) if turn % 2 else (2, 1)
        rate = {workers: _trials_a_minute(project, workers) for workers in order}
        ratios.append(rate[2] / rate[1])
    yield Row("workers.two", "trials a minute: two workers / one", ratios, "x", LIMIT, True, other_cores=busy)


def _trials_a_minute(project: Path, workers: int) -> float:
    hpo: dict[str, Any] = {"workers": workers, "n_trials": TRIALS, "sampler": "random", "pruner": "none"}
    entries = search(project, "lstm", {"hpo": hpo, "training": SHORT}).entries
    ready = max(entry.ended for entry in entries if entry.trial == 0)
    return 60 * TRIALS / (entries[-1].ended - ready)
