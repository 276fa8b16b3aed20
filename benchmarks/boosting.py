"""A trial of gradient boosting on base against scikit-learn's own fits: the same folds, columns and parameters.

The trial makes columns, fits, forecasts, decides, trades and judges; the other side is given columns and only fits.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, fresh, quiet
from benchmarks.project import Inputs, inputs_of

LIMIT, REPEATS = 3.0, 5
MODEL_TYPE = "gradient_boosting"
MIDDLE: dict[str, Any] = {  # of the base search space
    **{"tabular_lags": "averages", "boosting_learning_rate": 0.08, "boosting_max_leaf_nodes": 10},
    **{"boosting_min_samples_leaf": 275, "boosting_l2": 3.0},
}


def rows(project: Path) -> Iterator[Row]:
    """Measure all folds together."""
    busy = quiet()
    ratios = fresh(_ratios, project)
    yield Row("boosting", "trial / fits of scikit-learn, processor time", ratios, "x", LIMIT, other_cores=[busy])


def _ratios(project: Path) -> list[float]:
    """Run both in turn; the first pair warms up and is not counted."""
    given, ratios = inputs_of(project), []
    for _ in range(REPEATS + 1):
        began = time.process_time()
        ours = _trial(given)
        trial_s = time.process_time() - began
        fits_s, theirs = _fits(given)
        if not np.allclose(ours, theirs, rtol=1e-9):
            raise RuntimeError(f"both must have the same losses on the stop rows, got {ours} and {theirs}")
        ratios.append(trial_s / fits_s)
    return ratios[1:]


def _trial(given: Inputs) -> list[float]:
    """Return the loss of each fold's stop rows."""
    from trading_hpo.families.family import StudyData
    from trading_hpo.families.tabular.family import TABULAR
    from trading_hpo.study.validation import fold_rows

    folds = fold_rows(given.panel, given.split, given.longest_window)
    settings = given.parameters
    data = StudyData(MODEL_TYPE, given.panel, folds, settings.training, settings.backtest, settings.hpo.seed)
    return [next(TABULAR.fit_fold(MIDDLE, number, data, None, lambda: False)).stop_loss for number in folds]


def _fits(given: Inputs) -> tuple[float, list[float]]:
    """Fit as one would by hand; only the columns are the trial's."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    from trading_hpo.families.tabular.columns import Columns
    from trading_hpo.study.validation import fold_rows
    from trading_hpo.training.seeding import fold_seed

    panel, training, seconds, found = given.panel, given.parameters.training, 0.0, []
    for number, rows in fold_rows(panel, given.split, given.longest_window).items():
        columns, _ = Columns.fit(panel, rows.train, "averages", training.window_bars, training.clip_sigma)
        (x, y), (x_stop, y_stop) = (
            (columns.of_rows(panel, own), panel.target[own, 0].astype("f8")) for own in (rows.train, rows.stop)
        )
        with threadpool_limits(1):
            began = time.process_time()
            model = HistGradientBoostingClassifier(
                learning_rate=MIDDLE["boosting_learning_rate"],
                max_leaf_nodes=MIDDLE["boosting_max_leaf_nodes"],
                min_samples_leaf=MIDDLE["boosting_min_samples_leaf"],
                l2_regularization=MIDDLE["boosting_l2"],
                max_iter=300,
                n_iter_no_change=10,
                early_stopping=True,
                tol=0.0,
                random_state=fold_seed(given.parameters.hpo.seed, number, MIDDLE) % 2**32,
            ).fit(x, y, X_val=x_stop, y_val=y_stop)
            seconds += time.process_time() - began
        found.append(-float(model.validation_score_[1:].max()))
    return seconds, found
