"""A trial of an MLP on the 15 folds of combinatorial purged cross-validation, against its 15 fits.

Six groups of the bars of base, of which two are tested. The trial trains all folds side by side, forecasts, trades and
judges validation, and puts its five paths, their active returns and the scores by block together; the other side only
trains, one fold after another, and stops by the stop rows.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import inputs_of

LIMIT, REPEATS = 1.1, 5
MIDDLE: dict[str, Any] = {  # of the base search space
    **{"learning_rate": 1e-3, "batch_size": 64, "hidden_dim_1": 64, "hidden_dim_2": 32, "dropout_rate": 0.2},
}


def rows(project: Path) -> Iterator[Row]:
    """Measure all folds together."""
    busy = quiet()
    ratios = fresh(_ratios, project)
    yield Row("cpcv.mlp", "trial / its 15 fits, processor time", ratios, "x", LIMIT, other_cores=[busy])


def _ratios(project: Path) -> list[float]:
    """Run both in turn; the first pair warms up and is not counted."""
    from trading_hpo.engine.candidate import Candidate
    from trading_hpo.families.networks.family import NETWORKS
    from trading_hpo.families.networks.fitting import Fitting, Recipe
    from trading_hpo.splits.config import FoldsConfig
    from trading_hpo.splits.folds import build_split
    from trading_hpo.study.evaluation import TrialEvaluator
    from trading_hpo.study.search import Search
    from trading_hpo.study.validation import fold_rows

    given = inputs_of(project)
    panel, settings = given.panel, given.parameters
    split = build_split(panel, FoldsConfig(scheme="combinatorial", n_folds=15), settings.holdout)
    search = Search.of(
        "mlp", "cpcv", panel, split, settings.search_spaces, settings.training, settings.backtest, settings.hpo
    )
    evaluator = TrialEvaluator(search.task, panel)
    folds = fold_rows(panel, split, search.task.longest_window)
    recipe = Recipe.of("mlp", MIDDLE, panel, settings.training, settings.hpo.seed)
    windows = NETWORKS.shared(evaluator._data)(recipe.architecture.window_bars)

    def trial() -> dict[int, float]:
        *_, ended = evaluator.evaluate(Candidate(0, MIDDLE), lambda: False)
        return {fold["fold"]: fold["stop_loss"] for fold in ended.last().record["folds"]}

    def fits() -> dict[int, float]:
        losses = {}
        for number, own in folds.items():
            fitting = Fitting(recipe, panel, windows, number, own.train, own.stop, own.stop_ranges)
            *_, last = fitting.epochs(settings.backtest, lambda: False)
            losses[number] = last.stop_loss
        return losses

    ratios = []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        ours = trial()
        between = time.process_time()
        if fits() != ours:
            raise RuntimeError("both must have the same losses on the stop rows")
        ratios.append((between - began) / (time.process_time() - between))
    return ratios[1:]
