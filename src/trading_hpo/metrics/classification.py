"""How well a class was predicted; all from the four counts of a confusion table, and the order of the scores."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import ONE_CLASS, Forecast, Metric, Returns, Targets, Value, by_name


def classification_metrics(
    truth: Bool[np.ndarray, " N"], predicted: Bool[np.ndarray, " N"], score: Float[np.ndarray, " N"]
) -> dict[str, Value]:
    """Return every metric of ``CLASSIFICATION_METRICS``.

    As scikit-learn has it: a ratio without a denominator is 0, so that always the same call has an MCC of 0; balanced
    accuracy is the mean of the recalls of the classes that occur. AUC needs both classes.

    Args:
        truth: Whether the class was positive.
        predicted: Whether it was called positive.
        score: The higher, the more positive; ranks the rows for the AUC.

    Example:
        >>> truth = np.array([True, True, False, False])
        >>> metrics = classification_metrics(truth, truth, truth.astype(float))
        >>> metrics["mcc"], metrics["auc"]
        (1.0, 1.0)
    """
    positives, negatives = float(truth.sum()), float((~truth).sum())
    tp = float((truth & predicted).sum())
    fp = float(predicted.sum()) - tp
    tn, fn = negatives - fp, positives - tp
    recall, specificity = _ratio(tp, positives), _ratio(tn, negatives)
    return {
        "mcc": _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * positives * negatives * (tn + fn))),
        "f1_positive": _ratio(2 * tp, 2 * tp + fp + fn),
        "precision": _ratio(tp, tp + fp),
        "recall": recall,
        "accuracy": _ratio(tp + tn, positives + negatives),
        "balanced_accuracy": _ratio(recall + specificity, float(positives > 0) + float(negatives > 0)),
        "auc": _auc(truth, score),
        "positive_rate": _ratio(tp + fp, positives + negatives),
    }


def _ratio(top: Any, bottom: Any) -> float:
    return float(top / bottom) if bottom > 0 else 0.0


def _auc(truth: Bool[np.ndarray, " N"], score: Float[np.ndarray, " N"]) -> Value:
    """Mann and Whitney (1947): the share of (positive, negative) pairs in the right order, ties half."""
    positive, negative = score[truth], np.sort(score[~truth])
    if len(positive) == 0 or len(negative) == 0:
        return ONE_CLASS
    below, not_above = (int(np.searchsorted(negative, positive, side).sum()) for side in ("left", "right"))
    return (below + not_above) / (2 * len(positive) * len(negative))


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    assert forecast.called is not None
    return classification_metrics(targets.positive, forecast.called, forecast.score)


CLASSIFICATION_METRICS = by_name(
    Metric("mcc", "classification", "maximize", "", _compute),
    Metric("f1_positive", "classification", "maximize", "", _compute),
    Metric("precision", "classification", "maximize", "share", _compute),
    Metric("recall", "classification", "maximize", "share", _compute),
    Metric("accuracy", "classification", "maximize", "share", _compute),
    Metric("balanced_accuracy", "classification", "maximize", "share", _compute),
    Metric("auc", "classification", "maximize", "share", _compute),
    Metric("positive_rate", "classification", None, "share", _compute),  # good in the middle
)
