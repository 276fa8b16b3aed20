"""What the hpo stage of one model type costs beyond training, with base settings, a fixed budget, a worker per core.

The share of the stage's time that is neither training nor evaluation of networks on stop and validation rows. MLP is
the worst case: every other model type trains longer for the same number of reports, proposals and writes. The budget
is that of a small real search: base's own is that of a first look, in which there is hardly any training to compare
with, and changes when base does.

The stage is what Kedro runs for the model type between ``data_engineering`` and ``analysis``: opening the study,
the search, its table and results, with loading, saving and tracking. Of this time, in seconds of the wall clock:

- left out: the start of the worker processes, from the first one's request to when all are ready; and the idle tail,
  in which a worker has no slot left while another still trains;
- training: what workers spend inside the trial's epochs, less metrics and back-tests;
- cost: everything else. Before the first worker is asked for, after the last epoch has ended, and, divided by the
  number of workers, what workers wait for answers and the next slot, metrics and back-tests, and all processor time
  of the search's own process meanwhile (Optuna, storage, MLflow): with a worker on every core it takes that from them.

The last is counted twice where a worker waits for it, so that the number is an upper bound.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from benchmarks.diary import Entry
from benchmarks.measure import Row, quiet
from benchmarks.project import Stage, search

REPEATS = 3
LIMIT = 10.0
BUDGET = {"hpo": {"n_trials": 8}, "training": {"epochs": 6, "max_windows_per_epoch": 16_384}}


def rows(project: Path) -> Iterator[Row]:
    """Measure MLP."""
    shares, busy = [], []
    for _ in range(REPEATS):
        busy.append(quiet())
        shares.append(100 * cost_share(search(project, "mlp", BUDGET)))
    yield Row("node.mlp", "hpo stage: all but training / its time", shares, "%", LIMIT, other_cores=busy)


def cost_share(stage: Stage) -> float:
    """Return the share of the stage's time that is not training; see above."""
    workers = [list(own) for _, own in groupby(sorted(stage.entries, key=_by_worker), key=lambda entry: entry.worker)]
    ready, ended = [own[0].ended for own in workers], [own[-1].ended for own in workers]
    at_work = sum(ended) - sum(ready)
    training = sum(entry.ended - entry.began - entry.metrics_s for own in workers for entry in own[1:])
    search_cpu = stage.entries[-1].search_cpu_s - stage.entries[0].search_cpu_s
    outside = stage.asked - stage.began + stage.ended - max(ended)
    cost = outside + (at_work - training + search_cpu) / len(workers)
    return cost / (outside + at_work / len(workers))


def _by_worker(entry: Entry) -> tuple[int, float]:
    return entry.worker, entry.ended
