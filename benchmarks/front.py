"""Whether pruning with several objectives keeps the Pareto front: successive halving and Hyperband against no pruning.

The problem is made up, so that a search of 60 trials takes a second and its front is known to have a cheap end. Wide
networks end better and learn slower, so that curves cross; every epoch has noise of its own; two further parameters
have their best values elsewhere, one of them depending on the width. The value is to be large, the size small.

Both searches have the project's own proposer and pruner, one worker, the same seed. With random search they try the
same configurations. TPE learns from what is left, which pruning can mislead: its rows are findings, without limits.

The hypervolume is that of complete trials, against value 0 and the largest size.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import Row, fresh

if TYPE_CHECKING:
    from trading_hpo.engine.proposer import Proposer

SEEDS, TRIALS, EPOCHS = 10, 60, 27
NOISE, LARGEST = 0.01, 100.0
OBJECTIVES = ({"metric": "mcc"}, {"metric": "model_size_mb"})
RANGES = {"width": (0.0, float(np.log(LARGEST))), "rate": (-1.0, 1.0), "drop": (0.0, 1.0)}
PRUNERS = {
    "successive_halving": {"name": "successive_halving", "min_epochs": 3, "reduction_factor": 2},
    "hyperband": {"name": "hyperband", "min_epochs": 3, "reduction_factor": 3},
}
SAMPLERS = ("random", "tpe")
LEAST_VOLUME, MOST_EPOCHS, CHEAPEST = 98.0, 60.0, 1.0

Point = tuple[float, float]


@dataclass(frozen=True)
class Front:
    """What a search left.

    Attributes:
        points: Value and size of every complete trial.
        epochs: Spent on all trials.
    """

    points: Sequence[Point]
    epochs: int


def rows(_: Path) -> Iterator[Row]:
    """Measure volume, epochs and cheap end of each pruner, over the seeds."""
    for sampler in SAMPLERS:
        whole = fresh(searches, sampler, {"name": "none"})
        for name, pruner in PRUNERS.items():
            yield from _rows(f"front.{sampler}.{name}", whole, fresh(searches, sampler, pruner), sampler == "random")


def _rows(name: str, whole: Sequence[Front], pruned: Sequence[Front], promised: bool) -> Iterator[Row]:
    pairs = list(zip(pruned, whole, strict=True))
    volumes = [100 * hypervolume(ours.points) / hypervolume(all_.points) for ours, all_ in pairs]
    epochs = [100 * ours.epochs / all_.epochs for ours, all_ in pairs]
    cheapest = [min(size for _, size in ours.points) / min(size for _, size in all_.points) for ours, all_ in pairs]
    volume, most, size = (LEAST_VOLUME, MOST_EPOCHS, CHEAPEST) if promised else (None, None, None)
    yield Row(f"{name}.volume", "hypervolume, pruned / not pruned", volumes, "%", volume, at_least=True)
    yield Row(f"{name}.epochs", "epochs, pruned / not pruned", epochs, "%", most)
    yield Row(f"{name}.cheapest", "smallest size on the front, pruned / not pruned", cheapest, "x", size)


def searches(sampler: str, pruner: Mapping[str, Any]) -> list[Front]:
    """Return the front of one search per seed."""
    return [search(sampler, pruner, seed) for seed in range(SEEDS)]


def search(sampler: str, pruner: Mapping[str, Any], seed: int) -> Front:
    """Search the problem with one worker."""
    import optuna

    from trading_hpo.engine.proposer import Proposer
    from trading_hpo.engine.space import FloatParameter
    from trading_hpo.study.config import HpoConfig

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = {name: FloatParameter(type="float", low=low, high=high) for name, (low, high) in RANGES.items()}
    hpo = HpoConfig(n_trials=TRIALS, sampler=sampler, pruner=pruner, objectives=OBJECTIVES, seed=seed)
    proposer = Proposer(hpo.plan(EPOCHS), space, [])
    trials = [_trial(proposer, slot, seed) for slot in range(TRIALS)]
    return Front([curve[-1] for curve in trials if len(curve) == EPOCHS], sum(map(len, trials)))


def _trial(proposer: "Proposer", slot: int, seed: int) -> Sequence[Point]:
    """Return the curve of a trial, up to where it was given up."""
    from optuna.trial import TrialState

    whole = curve(proposer.propose(slot).parameters, np.random.default_rng([seed, slot]))
    for epoch, point in enumerate(whole, start=1):
        if proposer.should_prune(slot, epoch, point) and epoch < EPOCHS:
            proposer.finish(slot, TrialState.PRUNED)
            return whole[:epoch]
    proposer.finish(slot, TrialState.COMPLETE, whole[-1])
    return whole


def curve(parameters: Mapping[str, float], rng: np.random.Generator) -> list[Point]:
    """Return value and size after every epoch."""
    width, size = parameters["width"], float(np.exp(parameters["width"]))
    best_drop = 0.3 * width / RANGES["width"][1]
    end = 1 - 0.6 * size**-0.35 - 0.25 * abs(parameters["rate"]) - 0.25 * abs(parameters["drop"] - best_drop)
    speed = 12 / (1 + 0.25 * width)
    epochs = np.arange(1, EPOCHS + 1)
    values = end * (1 - np.exp(-speed * epochs / EPOCHS)) + rng.normal(0, NOISE, EPOCHS)
    return [(float(value), size) for value in values]


def hypervolume(points: Sequence[Point]) -> float:
    """Return the area that some point beats, between value 0 and size ``LARGEST``."""
    area, best = 0.0, 0.0
    for value, size in sorted(points, key=lambda point: (point[1], -point[0])):
        if value > best:
            area += (value - best) * (LARGEST - size)
            best = value
    return area
