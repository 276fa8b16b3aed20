"""A trial of an MLP on the 15 folds of combinatorial purged cross-validation, against its 15 fits.

Six groups of the bars of base, of which two are tested. The trial trains all folds side by side and puts its paths,
their active returns and the scores by block together; the other side fits one fold after another, each judged on its
validation whenever an epoch is its best, as those of the trial are. The second row, a finding, leaves validation out of
the fits: at base settings a fold forecasts over five times as many windows of validation as it learns from in an epoch.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import inputs_of

if TYPE_CHECKING:
    from trading_hpo.study.evaluation import TrialEvaluator

Losses = dict[int, float]  # of the stop rows, by fold
LIMIT, REPEATS = 1.1, 5
MIDDLE: dict[str, Any] = {  # of the base search space
    **{"learning_rate": 1e-3, "batch_size": 64, "hidden_dim_1": 64, "hidden_dim_2": 32, "dropout_rate": 0.2},
}


def rows(project: Path) -> Iterator[Row]:
    """Measure all folds together."""
    busy = quiet()
    judged, trained = zip(*fresh(_ratios, project), strict=True)
    yield Row("cpcv.mlp", "trial / its 15 fits, processor time", judged, "x", LIMIT, other_cores=[busy])
    what = "trial / its 15 fits without validation, processor time"
    yield Row("cpcv.mlp.training", what, trained, "x", None, other_cores=[busy])


def _ratios(project: Path) -> list[tuple[float, float]]:
    """Run all in turn; the first round warms up and is not counted."""
    from trading_hpo.engine.candidate import Candidate
    from trading_hpo.splits.config import FoldsConfig
    from trading_hpo.splits.folds import build_split
    from trading_hpo.study.evaluation import TrialEvaluator
    from trading_hpo.study.search import Search

    given = inputs_of(project)
    panel, settings = given.panel, given.parameters
    split = build_split(panel, FoldsConfig(scheme="combinatorial", n_folds=15), settings.holdout)
    groups = (settings.search_spaces, settings.training, settings.backtest, settings.hpo)
    evaluator = TrialEvaluator(Search.of("mlp", "cpcv", panel, split, *groups).task, panel)

    def trial() -> Losses:
        *_, ended = evaluator.evaluate(Candidate(0, MIDDLE), lambda: False)
        return {fold["fold"]: fold["stop_loss"] for fold in ended.last().record["folds"]}

    ratios = []
    for _ in range(REPEATS + 1):
        seconds, losses = zip(*map(_timed, (trial, _fits(evaluator, True), _fits(evaluator, False))), strict=True)
        if not losses[0] == losses[1] == losses[2]:
            raise RuntimeError("all must have the same losses on the stop rows")
        ratios.append((seconds[0] / seconds[1], seconds[0] / seconds[2]))
    return ratios[1:]


def _fits(evaluator: "TrialEvaluator", with_validation: bool) -> Callable[[], Losses]:
    """Return what fits one fold after another."""
    from trading_hpo.families.networks.family import NETWORKS
    from trading_hpo.families.networks.fitting import Fitting, Recipe

    data, shared = evaluator._data, evaluator._shared
    recipe = Recipe.of("mlp", MIDDLE, data.panel, data.training, data.seed)

    def trained(number: int) -> float:
        own, windows = data.folds[number], shared(recipe.architecture.window_bars)
        fitting = Fitting(recipe, data.panel, windows, number, own.train, own.stop, own.stop_ranges)
        *_, last = fitting.epochs(data.backtest, lambda: False)
        return last.stop_loss

    def judged(number: int) -> float:
        *_, last = NETWORKS.fit_fold(MIDDLE, number, data, shared, lambda: False)
        return last.stop_loss

    return lambda: {number: (judged if with_validation else trained)(number) for number in data.folds}


def _timed(run: Callable[[], Losses]) -> tuple[float, Losses]:
    began = time.process_time()
    found = run()
    return time.process_time() - began, found
