"""What a forecast is worth in each block of bars: the sample that tests of luck need.

A metric of a fold is one number, and folds are few. Leaving out one block of bars after the other shows how far the
number depends on each of them: its jackknife pseudo-values are as many numbers as there are blocks, almost independent
where blocks are twice as long as labels, and their mean is the metric.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import numpy as np
from jaxtyping import Float, Int

from trading_hpo.families.judgement import JudgedRows
from trading_hpo.metrics.compute import forecast_value
from trading_hpo.metrics.registry import METRICS
from trading_hpo.types import BarRange

LEAST_BLOCKS = 20  # of all folds together: a spread over fewer is hardly known
_OF_A_STRETCH = 8
# Neighbouring blocks share labels. Forecasts without skill that hardly change from bar to bar (MCC of overlapping
# labels, test at 5 %) looked better in 8 to 9 % of cases with blocks as long as labels, in 9 to 15 % with half of that,
# in 5 to 7.5 % with twice and in 5 to 8 % with three times as long ones.
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


def stretches(validated: Sequence[Sequence[BarRange]]) -> tuple[BarRange, ...]:
    """Cut the validation bars of all folds where a validation range begins or ends; in time order.

    Each fold's own range where no bar is validated twice.

    Args:
        validated: Validation ranges of each fold.

    Example:
        >>> first, second = BarRange(0, 10), BarRange(10, 20)
        >>> stretches([(first,), (second,), (first, second)]) == (first, second)
        True
    """
    ranges = {part for parts in validated for part in parts if len(part)}
    edges = sorted({edge for part in ranges for edge in (part.start, part.stop)})
    return tuple(
        BarRange(start, stop)
        for start, stop in pairwise(edges)
        if any(part.start <= start and stop <= part.stop for part in ranges)
    )


def block_scores(
    folds: Sequence[JudgedRows | None],
    validated: Sequence[Sequence[BarRange]],
    metric: str,
    regression_weight: float,
    label_bars: int = 1,
    of_constant: bool = False,
) -> Float[np.ndarray, " M"] | None:
    """Return a metric of the forecast, or of the constant one, by block of bars, in time order.

    A bar that several folds validate is in one block: its score is the mean over those folds, so that no bar counts
    twice, and blocks stay almost independent.

    **Looks ahead:** label only, of the rows that are judged.

    Args:
        folds: What was judged in each; none of a family that does not say.
        validated: Validation ranges of each. Blocks are equal parts of the ``stretches`` between their edges.
        metric: Of a forecast.
        regression_weight: As of ``compute_metrics``.
        label_bars: How far the judged labels reach; blocks have twice as many bars at least.
        of_constant: Whether the constant forecast is meant.

    Returns:
        Pseudo-values, greater is better; their mean is the mean over folds, where each bar is validated equally often.
        None where a fold has no value, as a whole or without one of the blocks, or of fewer than 20 blocks. A stretch
        has 8, or as many as make 20 together, and fewer where these would be too short.

    Source: Tukey (1958), Bias and confidence in not quite large samples; Kunsch (1989), for blocks.
    """
    known = [rows for rows in folds if rows is not None]
    blocks = _blocks(known, validated, label_bars)
    if len(known) < len(folds) or blocks is None:
        return None
    total, times = np.zeros(len(blocks)), np.zeros(len(blocks))
    for rows in known:
        block = np.searchsorted(blocks, rows.bar, side="right") - 1
        own = np.unique(block)
        scores = _of_fold(rows, block, own, metric, regression_weight, of_constant)
        if scores is None:
            return None
        total[own] += scores
        times[own] += 1
    return total / times * (-1.0 if METRICS[metric].direction == "minimize" else 1.0)


def _blocks(
    folds: Sequence[JudgedRows], validated: Sequence[Sequence[BarRange]], label_bars: int
) -> Int[np.ndarray, " M"] | None:
    """Return the first bar of each block; none where there are too few bars."""
    parts = stretches(validated)
    most = max(_OF_A_STRETCH, ceil(LEAST_BLOCKS / max(len(parts), 1)))
    bars = np.unique(np.concatenate([np.empty(0, np.int64), *(rows.bar for rows in folds)]))
    inside = [bars[(bars >= part.start) & (bars < part.stop)] for part in parts]
    counts = [min(most, len(own) // (_LABELS_LONG * label_bars)) for own in inside]
    if sum(counts) < LEAST_BLOCKS or min(counts) < 2:
        return None
    return np.concatenate(
        [own[-(-np.arange(count) * len(own) // count)] for own, count in zip(inside, counts, strict=True)]
    )


def _of_fold(
    rows: JudgedRows,
    block: Int[np.ndarray, " N"],
    own: Int[np.ndarray, " M"],
    metric: str,
    regression_weight: float,
    of_constant: bool,
) -> Float[np.ndarray, " M"] | None:
    forecast = rows.constant if of_constant else rows.forecast
    if forecast is None:
        return None
    kept = [np.ones(len(block), bool), *(block != number for number in own)]
    whole, *without = (
        forecast_value(metric, forecast.at(rest), rows.targets.at(rest), regression_weight) for rest in kept
    )
    if whole is None or None in without:
        return None
    return len(own) * whole - (len(own) - 1) * np.array(without, float)
