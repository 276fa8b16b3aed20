"""What a forecast is worth in each block of bars: the sample that tests of luck need.

A metric of a fold is one number, and folds are few. Leaving out one block of bars after the other shows how far the
number depends on each of them: its jackknife pseudo-values are as many numbers as there are blocks, almost independent
where blocks are twice as long as labels, and their mean is the metric.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from jaxtyping import Float

from trading_hpo.families.judgement import JudgedRows
from trading_hpo.metrics.compute import forecast_value
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import Forecast

LEAST_BLOCKS = 20  # of all folds together: a spread over fewer is hardly known
_OF_A_FOLD = 8
# Neighbouring blocks share labels. Forecasts without skill that hardly change from bar to bar (MCC of overlapping
# labels, test at 5 %) looked better in 8 % of cases with blocks as long as labels, in 13 % with half of that, and in
# 5 to 7.5 % with twice or three times as long ones.
_LABELS_LONG = 2
_FORECAST = ("classification", "regression")  # kinds of metrics that judge a forecast


def forecast_metric(objectives: Sequence[str], otherwise: str) -> str:
    """Return the metric by which a study's forecasts are compared with the constant one.

    Args:
        objectives: Of the study; the first that judges a forecast and has a good direction.
        otherwise: Where they judge trades or costs alone: the objective of the task.

    Example:
        >>> forecast_metric(["sharpe", "auc"], "mcc"), forecast_metric(["training_time_s"], "mcc")
        ('auc', 'mcc')
    """
    judging = (name for name in objectives if METRICS[name].kind in _FORECAST and METRICS[name].direction is not None)
    return next(judging, otherwise)


def block_scores(
    folds: Sequence[JudgedRows | None],
    metric: str,
    regression_weight: float,
    label_bars: int = 1,
    of_constant: bool = False,
) -> Float[np.ndarray, " M"] | None:
    """Return a metric of the forecast, or of the constant one, by block, fold after fold.

    **Looks ahead:** label only, of the rows that are judged.

    Args:
        folds: What was judged in each; none of a family that does not say.
        metric: Of a forecast.
        regression_weight: As of ``compute_metrics``.
        label_bars: How far the judged labels reach; blocks have twice as many bars at least.
        of_constant: Whether the constant forecast is meant.

    Returns:
        Pseudo-values, greater is better; their mean is the metric, the mean over folds. None where a fold has no value,
        as a whole or without one of the blocks, or where there are fewer than 20 blocks. A fold has 8, or as many
        as make 20 together, and fewer where these would be too short.

    Source: Tukey (1958), Bias and confidence in not quite large samples; Kunsch (1989), for blocks.
    """
    n_blocks = max(_OF_A_FOLD, ceil(LEAST_BLOCKS / max(len(folds), 1)))
    each = []
    for rows in folds:
        forecast = None if rows is None else (rows.constant if of_constant else rows.forecast)
        if rows is None or forecast is None:
            return None
        scores = _of_fold(rows, forecast, metric, n_blocks, regression_weight, label_bars)
        if scores is None:
            return None
        each.append(scores)
    if sum(map(len, each)) < LEAST_BLOCKS:
        return None
    return np.concatenate(each) * (-1.0 if METRICS[metric].direction == "minimize" else 1.0)


def _of_fold(
    rows: JudgedRows, forecast: Forecast, metric: str, n_blocks: int, regression_weight: float, label_bars: int
) -> Float[np.ndarray, " M"] | None:
    bars = np.unique(rows.bar)
    n_blocks = min(n_blocks, len(bars) // (_LABELS_LONG * label_bars))
    if n_blocks < 2:
        return None
    block = np.searchsorted(bars, rows.bar) * n_blocks // len(bars)
    kept = [np.ones(len(block), bool), *(block != number for number in range(n_blocks))]
    whole, *without = (
        forecast_value(metric, forecast.at(own), rows.targets.at(own), regression_weight) for own in kept
    )
    if whole is None or None in without:
        return None
    return n_blocks * whole - (n_blocks - 1) * np.array(without, float)
