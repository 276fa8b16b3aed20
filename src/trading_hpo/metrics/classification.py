"""How well a class was called; all from the four counts of a confusion table."""

from typing import Any

import numpy as np
from jaxtyping import Bool

from trading_hpo.metrics.metric import Forecast, Metric, Returns, Targets, Value, by_name


def classification_metrics(truth: Bool[np.ndarray, " N"], called: Bool[np.ndarray, " N"]) -> dict[str, Value]:
    """Return every metric of ``CLASSIFICATION_METRICS``.

    As scikit-learn has it: a ratio without a denominator is 0, so that always the same call has an MCC of 0; balanced
    accuracy is the mean of the recalls of the classes that occur.

    Args:
        truth: Whether the class was positive.
        called: Whether it was called positive.

    Example:
        >>> truth = np.array([True, True, False, False])
        >>> metrics = classification_metrics(truth, np.array([True, False, False, False]))
        >>> metrics["precision"], metrics["recall"], metrics["accuracy"]
        (1.0, 0.5, 0.75)
    """
    positives, negatives = float(truth.sum()), float((~truth).sum())
    tp = float((truth & called).sum())
    fp = float(called.sum()) - tp
    tn, fn = negatives - fp, positives - tp
    recall, specificity = _ratio(tp, positives), _ratio(tn, negatives)
    return {
        "mcc": _ratio(tp * tn - fp * fn, np.sqrt((tp + fp) * positives * negatives * (tn + fn))),
        "f1_positive": _ratio(2 * tp, 2 * tp + fp + fn),
        "precision": _ratio(tp, tp + fp),
        "recall": recall,
        "accuracy": _ratio(tp + tn, positives + negatives),
        "balanced_accuracy": _ratio(recall + specificity, float(positives > 0) + float(negatives > 0)),
        "positive_rate": _ratio(tp + fp, positives + negatives),
    }


def _ratio(top: Any, bottom: Any) -> float:
    return float(top / bottom) if bottom > 0 else 0.0


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    assert forecast.called is not None
    return classification_metrics(targets.positive, forecast.called)


CLASSIFICATION_METRICS = by_name(
    Metric("mcc", "classification", "maximize", "", _compute, source="Matthews (1975)"),
    Metric("f1_positive", "classification", "maximize", "", _compute, source="van Rijsbergen (1979)"),
    Metric("precision", "classification", "maximize", "share", _compute, source="Kent et al. (1955)"),
    Metric("recall", "classification", "maximize", "share", _compute, source="Kent et al. (1955)"),
    Metric("accuracy", "classification", "maximize", "share", _compute, source="Finley (1884)"),
    Metric("balanced_accuracy", "classification", "maximize", "share", _compute, source="Brodersen et al. (2010)"),
    # Good in the middle.
    Metric("positive_rate", "classification", None, "share", _compute, source="Gilbert (1884)"),
)
