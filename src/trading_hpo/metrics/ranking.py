"""How well the scores put positive rows above the others, whatever the threshold: the rows are sorted once."""

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import ONE_CLASS, Forecast, Metric, Returns, Targets, Value, by_name


def ranking_metrics(truth: Bool[np.ndarray, " N"], score: Float[np.ndarray, " N"]) -> dict[str, Value]:
    """Return every metric of ``RANKING_METRICS``; they need both classes.

    ``auc`` is the share of pairs of a positive and a negative row in the right order, ties half.
    ``average_precision`` is the precision at each threshold, weighted by what the recall gains there; nothing is
    interpolated.

    Args:
        truth: Whether the class was positive.
        score: The higher, the more positive.

    Source: Mann and Whitney (1947); Buckley and Voorhees (2000).

    Example:
        >>> ranking_metrics(np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1]))
        {'auc': 0.75, 'average_precision': 0.8333333333333333}
    """
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return dict.fromkeys(RANKING_METRICS, ONE_CLASS)
    order = np.argsort(score)[::-1]
    ranked = score[order]
    called = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1) + 1  # at each threshold, [S]
    tp = np.cumsum(truth[order])[called - 1]
    gained, new_negatives = np.diff(tp, prepend=0), np.diff(called - tp, prepend=0)
    return {
        "auc": int((new_negatives * (2 * tp - gained)).sum()) / (2 * positives * negatives),
        "average_precision": float((gained * (tp / called)).sum()) / positives,
    }


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    return ranking_metrics(targets.positive, forecast.score)


RANKING_METRICS = by_name(
    Metric("auc", "classification", "maximize", "share", _compute, source="Mann and Whitney (1947)"),
    Metric("average_precision", "classification", "maximize", "", _compute, source="Buckley and Voorhees (2000)"),
)
