"""How near a forecast number came to the true one, measured from 0: of returns, whose mean is next to nothing."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import Forecast, Metric, NoValue, Returns, Targets, Value, by_name

ALL_ZERO = NoValue("every target is 0")


def r2_zero(target: Float[np.ndarray, " N"], forecast: Float[np.ndarray, " N"]) -> Value:
    """Return 1 - sum of squared errors / sum of squared targets: 0 for a forecast of 0, whatever the rows' mean is.

    Source: Gu, Kelly and Xiu (2020), Empirical Asset Pricing via Machine Learning, equation 19.

    Example:
        >>> r2_zero(np.array([1.0, -1.0]), np.array([0.5, 0.0]))
        0.375
    """
    squares = float((target.astype(np.float64) ** 2).sum())
    return 1.0 - float(((forecast.astype(np.float64) - target) ** 2).sum()) / squares if squares > 0 else ALL_ZERO


def directional_accuracy(target: Float[np.ndarray, " N"], forecast: Float[np.ndarray, " N"]) -> float:
    """Return the share of rows whose forecast and target are both above 0, or both not.

    Unlike ``accuracy`` it knows no threshold but 0.

    Source: Pesaran and Timmermann (1992), A Simple Nonparametric Test of Predictive Performance.

    Example:
        >>> directional_accuracy(np.array([0.1, -0.1, 0.2]), np.array([0.3, 0.1, 0.0]))
        0.3333333333333333
    """
    return float(((target > 0) == (forecast > 0)).mean())


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    assert forecast.values is not None
    both = targets.values[:, targets.number], forecast.values[:, targets.number]
    return {"r2_zero": r2_zero(*both), "directional_accuracy": directional_accuracy(*both)}


AROUND_ZERO_METRICS = by_name(
    Metric("r2_zero", "regression", "maximize", "", _compute, needs="values", source="Gu, Kelly and Xiu (2020)"),
    Metric(
        *("directional_accuracy", "regression", "maximize", "share", _compute),
        needs="values",
        source="Pesaran and Timmermann (1992)",
    ),
)
