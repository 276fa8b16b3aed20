"""Two workers against one: trials per minute of the same trials, on two cores.

24 trials of LSTM with their own widths and batch sizes, the same ones on both sides (random search gives each slot
its own seed), never pruned, and short: one epoch of few windows, then all stop and validation rows. Counted from the
moment all workers are ready to the end of the last epoch: the start of processes is left out, since it is paid once
per search; the idle tail, in which the last trial runs alone, is not.

Other programs on the machine do not slow two workers as they slow one, so a pair is only counted if the workers of
both had their cores: processor time in the epochs is at least 0.9 of their time. Up to seven pairs are tried; where
fewer than three are good all seven count. A search whose own process takes its workers' cores fails all the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, quiet
from benchmarks.project import Stage, search
from trading_hpo.engine.executor.processes import default_workers

REPEATS, TRIES = 3, 7
TRIALS = 24
LIMIT = 1.8
LEAST_CORE_SHARE = 0.9
SHORT = {"epochs": 1, "max_windows_per_epoch": 2048}


@dataclass(frozen=True)
class _Rate:
    """Of one search: trials a minute, and how much of their time its workers had a core."""

    trials_a_minute: float
    core_share: float


def rows(project: Path) -> Iterator[Row]:
    """Measure both numbers of workers in turn; one core has nothing to show."""
    if default_workers() < 2:
        return
    ratios: list[tuple[float, bool]] = []
    busy = []
    for turn in range(TRIES):
        busy.append(quiet(wait_s=30))
        order = (1, 2) if turn % 2 else (2, 1)
        rate = {workers: _rate(project, workers) for workers in order}
        undisturbed = min(rate[1].core_share, rate[2].core_share) >= LEAST_CORE_SHARE
        ratios.append((rate[2].trials_a_minute / rate[1].trials_a_minute, undisturbed))
        good = [ratio for ratio, counts in ratios if counts]
        if len(good) == REPEATS:
            break
    kept = good if len(good) == REPEATS else [ratio for ratio, _ in ratios]
    compares = f"trials a minute: two workers / one; {len(kept)} of the {len(ratios)} pairs tried are counted"
    yield Row("workers.two", compares, kept, "x", LIMIT, True, other_cores=busy)


def _rate(project: Path, workers: int) -> _Rate:
    hpo: dict[str, Any] = {"workers": workers, "n_trials": TRIALS, "sampler": "random", "pruner": "none"}
    stage = search(project, "lstm", {"hpo": hpo, "training": SHORT})
    ready = max(entry.ended for entry in stage.entries if entry.trial == 0)
    return _Rate(60 * TRIALS / (stage.entries[-1].ended - ready), core_share(stage))


def core_share(stage: Stage) -> float:
    """Return how much of the time of their epochs workers had a core."""
    epochs = [entry for entry in stage.entries if entry.trial > 0]
    return sum(entry.cpu_s for entry in epochs) / sum(entry.ended - entry.began for entry in epochs)
