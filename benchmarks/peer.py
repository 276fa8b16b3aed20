"""A whole search against the usual script (``usual.py``): trials a minute of the same trials, on two cores.

Both try the configurations that random search draws from the base search spaces, on the base folds, with the base rows
per epoch or half of them, in epochs too few for any fold to stop early: both train the same number of epochs, which is
checked. Nothing is pruned.

In our time: opening the study with its tables, from the first worker that is ready the search with all its trials, the
idle tail of the last one, its MLflow runs, table and results. Left out: Kedro's start and that of the workers, which
import. In the script's time: ``study.optimize`` alone, with its MLflow runs. Left out: imports, reading the panel, and
the tables of both databases.

Another program slows the two sides unlike: torch's threads wait for each other, so that the script takes two to three
times as long beside one busy core. A pair is only counted if our workers had their cores (processor time in the epochs
is at least 0.9 of their time) and others kept less than 0.25 cores busy during the script. Up to five pairs are tried;
where fewer than three are good all five count.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.curves import curves_in
from benchmarks.measure import QUIET_CORES, Row, fresh, quiet
from benchmarks.project import Inputs, Stage, inputs_of, search
from benchmarks.workers import LEAST_CORE_SHARE, core_share
from trading_hpo.engine.executor.processes import default_workers

if TYPE_CHECKING:
    from benchmarks.usual import Usual

REPEATS, TRIES = 3, 5
WORKERS = 2


@dataclass(frozen=True)
class Size:
    """How much both sides train; the spread of the ratio falls with the number of trials."""

    trials: int
    epochs: int
    max_windows: int


@dataclass(frozen=True)
class Pair:
    """Trials a minute, ours / the script's, and whether both had the machine to themselves."""

    ratio: float
    undisturbed: bool


SIZES = {"mlp": Size(8, 3, 16384), "gru": Size(4, 2, 8192), "lstm": Size(4, 2, 8192)}
LIMITS = {"mlp": 3.0, "gru": 1.7, "lstm": 1.5}


def rows(project: Path) -> Iterator[Row]:
    """Measure each model type; one core has no second worker to show."""
    if default_workers() < WORKERS:
        return
    for model_type, size in SIZES.items():
        pairs: list[Pair] = []
        busy = []
        while len(pairs) < TRIES and sum(pair.undisturbed for pair in pairs) < REPEATS:
            busy.append(quiet(wait_s=30))
            pairs.append(_pair(project, model_type, size, ours_first=len(pairs) % 2 == 0))
        good = [pair.ratio for pair in pairs if pair.undisturbed]
        kept = good if len(good) == REPEATS else [pair.ratio for pair in pairs]
        compares = (
            f"trials a minute: a search with two workers / the usual script, {size.trials} trials; {len(kept)} of the "
            f"{len(pairs)} pairs tried are counted"
        )
        yield Row(f"peer.{model_type}", compares, kept, "x", LIMITS[model_type], True, other_cores=busy)


def _pair(project: Path, model_type: str, size: Size, ours_first: bool) -> Pair:
    """Run both, one after the other; the trials are as many, so the ratio of times is that of trials a minute.

    Raises:
        RuntimeError: They did not train the same.
    """
    if ours_first:
        stage = _ours(project, model_type, size)
        usual = fresh(_usual, project, model_type, size, one_thread=False)
    else:
        usual = fresh(_usual, project, model_type, size, one_thread=False)
        stage = _ours(project, model_type, size)
    curves = fresh(curves_in, project, stage.study_name)
    if [curve.parameters for curve in curves] != usual.parameters or [c.epochs for c in curves] != usual.epochs:
        raise RuntimeError(f"both must train the same, got {curves} and {usual}")
    undisturbed = core_share(stage) >= LEAST_CORE_SHARE and usual.other_cores <= QUIET_CORES
    return Pair(usual.seconds / seconds_of(stage), undisturbed)


def seconds_of(stage: Stage) -> float:
    """Return the stage's time without the start of the first worker; a later one's is in it."""
    ready = min(entry.ended for entry in stage.entries if entry.trial == 0)
    return stage.asked - stage.began + stage.ended - ready


def _ours(project: Path, model_type: str, size: Size) -> Stage:
    hpo: Mapping[str, Any] = {"workers": WORKERS, "n_trials": size.trials, "sampler": "random", "pruner": "none"}
    training = {"epochs": size.epochs, "max_windows_per_epoch": size.max_windows}
    return search(project, model_type, {"hpo": hpo, "training": training})


def _usual(project: Path, model_type: str, size: Size) -> "Usual":
    from importlib import import_module

    from benchmarks.usual import Script
    from trading_hpo.study.search_spaces import resolve_space
    from trading_hpo.tasks.registry import task_of

    logging.disable(logging.WARNING)
    import_module("torch._dynamo")  # 3 s that the first optimizer would take; our workers do not pay for it either
    given = inputs_of(project)
    parameters, target_kind = given.parameters, task_of(given.panel.label).target_kind
    space = resolve_space(
        parameters.search_spaces, parameters.hpo.custom_search_spaces, model_type, parameters.training, target_kind
    )
    script = Script(given, model_type, space, size.epochs, size.max_windows)
    with tempfile.TemporaryDirectory(dir=project) as folder:
        return script.run(Path(folder), drawn(given, space, size.trials))


def drawn(given: Inputs, space: Mapping[str, Any], n_trials: int) -> list[dict[str, Any]]:
    """Return what random search tries in the first slots of the project's study."""
    from trading_hpo.engine.proposer import Proposer
    from trading_hpo.engine.samplers.random import RandomConfig
    from trading_hpo.tasks.registry import task_of

    hpo = given.parameters.hpo.for_task(task_of(given.panel.label)).model_copy(update={"sampler": RandomConfig()})
    proposer = Proposer(hpo.plan(given.parameters.training.epochs), space, [])
    return [proposer.propose(slot).parameters for slot in range(n_trials)]
