"""How near a forecast number came to the true one; for a class, how near its probability came to 0 or 1."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import Forecast, Metric, NoValue, Returns, Targets, Value, by_name

SAME_TARGETS = NoValue("the targets do not vary")


def regression_metrics(target: Float[np.ndarray, " N"], forecast: Float[np.ndarray, " N"]) -> dict[str, Value]:
    """Return every metric of ``REGRESSION_METRICS``.

    ``mape`` leaves out rows whose target is 0. ``r2`` compares with the mean of the same rows and has none where they
    do not differ. ``ic``, the information coefficient, is Pearson's correlation; 0 for a constant forecast.

    Args:
        target: What was observed; 0 or 1 for a class.
        forecast: In the target's units; a probability for a class. ``mse`` is then the Brier score.

    Example:
        >>> target = np.array([0.0, 1.0])
        >>> metrics = regression_metrics(target, np.array([0.0, 0.5]))
        >>> metrics["mse"], metrics["r2"], metrics["mape"]
        (0.125, 0.5, 0.5)
    """
    error = forecast.astype(np.float64) - target
    moved = target != 0
    around = target.astype(np.float64) - target.mean()
    variation = float((around**2).sum())
    return {
        "mae": float(np.abs(error).mean()),
        "mse": float((error**2).mean()),
        "mape": float(np.abs(error[moved] / target[moved]).mean()) if moved.any() else NoValue("every target is 0"),
        "r2": 1.0 - float((error**2).sum()) / variation if variation > 0 else SAME_TARGETS,
        "ic": _correlation(around, forecast.astype(np.float64) - forecast.mean()) if variation > 0 else SAME_TARGETS,
    }


def composite_accuracy(accuracy: float, r2: float, regression_weight: float) -> float:
    """Return accuracy and closeness of the forecast in one number from 0 to 1.

    Closeness is 1 / (2 - R2): 1 for a perfect forecast, 0.5 for the mean, towards 0 for worse ones (Nossent and
    Bauwens, 2012, normalise the Nash-Sutcliffe efficiency, which is R2, in this way).

    Example:
        >>> composite_accuracy(0.6, 0.0, regression_weight=0.5)
        0.55
    """
    return (1 - regression_weight) * accuracy + regression_weight / (2 - r2)


def _correlation(one: Float[np.ndarray, " N"], other: Float[np.ndarray, " N"]) -> float:
    """Of two series around 0."""
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / size if size > 0 else 0.0


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    """Of the number, where there is one, else of the probability of the class."""
    if forecast.values is not None:
        return regression_metrics(targets.values[:, targets.number], forecast.values[:, targets.number])
    if forecast.probability is not None:
        return regression_metrics(targets.values[:, 0], forecast.probability)
    return dict.fromkeys(REGRESSION_METRICS, NoValue("the forecast has no numbers"))


REGRESSION_METRICS = by_name(
    Metric("mae", "regression", "minimize", "of the target", _compute),
    Metric("mse", "regression", "minimize", "of the target, squared", _compute),
    Metric("mape", "regression", "minimize", "share", _compute),
    Metric("r2", "regression", "maximize", "", _compute),
    Metric("ic", "regression", "maximize", "", _compute),
)
COMPOSITE_ACCURACY = Metric("composite_accuracy", "regression", "maximize", "", None)
