"""Whether a learning search pays: TPE against random search and QMC, on the label that can be learned (volatility).

For every seed each sampler searches the MLP's base space with two workers, as a user would, and nothing is pruned. A
sampler may prefer configurations that train longer, so the three are compared at equal epochs: those of the cheapest of
the seed's searches, all folds together; what a search tried beyond them is left out. Its best configuration then has a
validation score, which the search has chosen, and a holdout score, after the project's own final training on
everything before the holdout, which nothing has chosen.

Differences are paired by seed; their 95 % interval is Student's, of the mean. These are findings and no limits. The
holdout is that of the benchmark's own project and is judged without its ledger: nobody's looks are counted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curves import Curve, best_within, curves_in
from benchmarks.measure import Row, fresh
from benchmarks.project import Inputs, inputs_of, prepared_project, search

SEEDS, TRIALS, WORKERS = 5, 20, 2
SAMPLERS = ("tpe", "random", "qmc")
LABELS = {"kind": "volatility"}
TRAINING = {"epochs": 6, "max_windows_per_epoch": 4096}  # a quarter of the base rows: more trials in the time


@dataclass(frozen=True)
class Score:
    """MCC of a search's best configuration: on validation, mean over folds, and on the holdout."""

    validation: float
    holdout: float


Scores = Mapping[str, Sequence[Score]]  # by sampler, one per seed


def rows(project: Path) -> Iterator[Row]:
    """Search with every sampler and seed, in a project of the other label."""
    del project  # its label is mostly noise
    with prepared_project({"labels": LABELS}) as own:
        by_seed = [_scores(own, seed) for seed in range(SEEDS)]
    scores = {sampler: [of_seed[sampler] for of_seed in by_seed] for sampler in SAMPLERS}
    yield from findings(scores)


def findings(scores: Scores) -> Iterator[Row]:
    """Return every sampler's scores, and what TPE has over the others."""
    for part in ("validation", "holdout"):
        values = {name: [getattr(score, part) for score in of_seeds] for name, of_seeds in scores.items()}
        for name, own in values.items():
            yield Row(f"search.{part}_{name}", f"MCC of the best configuration of {name}", own, "mcc", None, digits=4)
        for name in SAMPLERS[1:]:
            gains = [ours - theirs for ours, theirs in zip(values["tpe"], values[name], strict=True)]
            low, high = t_interval(gains)
            compares = f"MCC of tpe - {name}, by seed; mean {np.mean(gains):+.4f}, 95 % {low:+.4f} to {high:+.4f}"
            yield Row(f"search.{part}_tpe_{name}", compares, gains, "mcc", None, digits=4)


def t_interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Return Student's interval of the mean.

    Source: Student (1908), The probable error of a mean.
    """
    from scipy.stats import t

    half = t.ppf((1 + level) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return float(np.mean(values) - half), float(np.mean(values) + half)


def _scores(project: Path, seed: int) -> dict[str, Score]:
    studies = {sampler: _study(project, seed, sampler) for sampler in SAMPLERS}
    return fresh(_judged, project, studies, seed)


def _study(project: Path, seed: int, sampler: str) -> str:
    hpo: dict[str, Any] = {"workers": WORKERS, "n_trials": TRIALS, "seed": seed, "sampler": sampler, "pruner": "none"}
    return search(project, "mlp", {"labels": LABELS, "hpo": hpo, "training": TRAINING}).study_name


def _judged(project: Path, studies: Mapping[str, str], seed: int) -> dict[str, Score]:
    given = inputs_of(project)
    curves = {sampler: curves_in(project, name) for sampler, name in studies.items()}
    budget = min(sum(curve.epochs for curve in of_search) for of_search in curves.values())
    best = {sampler: best_within(of_search, budget) for sampler, of_search in curves.items()}
    return {sampler: Score(curve.value, holdout_mcc(given, curve, seed)) for sampler, curve in best.items()}


def holdout_mcc(given: Inputs, curve: Curve, seed: int) -> float:
    """Train a configuration on everything before the holdout and judge it there, as the project's stages do."""
    from trading_hpo.analysis.holdout import judge_holdout
    from trading_hpo.families.family import FinalData
    from trading_hpo.families.networks.final import train_final

    panel, split, window = given.panel, given.split, given.longest_window
    training = given.parameters.training.model_copy(update=TRAINING)
    fold = split.final_fold(given.parameters.folds.stop_fraction)
    train, stop = (split.rows(panel, fold, role, window) for role in ("train", "stop"))
    data = FinalData("mlp", panel, train, stop, training, given.parameters.backtest, seed)
    network = train_final(data, curve.parameters, card={})
    look = judge_holdout(network, panel, split, window, given.parameters.backtest)
    return float(look.result["metrics"]["mcc"])
