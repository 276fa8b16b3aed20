"""How well the quantiles of a number were predicted."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import Forecast, Metric, NoValue, Returns, Targets, Value, by_name

ONE_LEVEL = NoValue("one level only")


def quantile_metrics(
    target: Float[np.ndarray, " N"], quantiles: Float[np.ndarray, "N Q"], levels: tuple[float, ...]
) -> dict[str, Value]:
    """Return every metric of ``QUANTILE_METRICS``.

    ``pinball`` is the mean over rows and levels of level * error above the quantile, and (1 - level) * error below it.
    ``coverage`` is the share of targets from the lowest to the highest quantile, ends included; it should be the
    difference of their levels. ``quantile_crossings`` is the share of rows of which a quantile is below one of a lower
    level.

    Args:
        target: What was observed.
        quantiles: That were said, in its unit.
        levels: Of the quantiles, increasing.

    Example:
        >>> quantile_metrics(np.array([1.0, 4.0]), np.array([[0.0, 2.0], [3.0, 1.0]]), (0.25, 0.75))
        {'pinball': 0.75, 'coverage': 0.5, 'quantile_crossings': 0.5}
    """
    error, level = target[:, None] - quantiles.astype(np.float64), np.array(levels)
    crossed = (quantiles[:, 1:] < quantiles[:, :-1]).any(axis=1)
    between = ((error[:, 0] >= 0) & (error[:, -1] <= 0)).mean()
    return {
        "pinball": float(np.maximum(level * error, (level - 1) * error).mean()),
        "coverage": float(between) if len(levels) > 1 else ONE_LEVEL,
        "quantile_crossings": float(crossed.mean()) if len(levels) > 1 else ONE_LEVEL,
    }


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> dict[str, Value]:
    assert forecast.quantiles is not None
    assert forecast.levels is not None
    number = targets.number
    return quantile_metrics(targets.values[:, number], forecast.quantiles[:, number], forecast.levels)


QUANTILE_METRICS = by_name(
    Metric(
        *("pinball", "regression", "minimize", "of the target", _compute),
        needs="quantiles",
        source="Koenker and Bassett (1978)",
    ),
    # Good where it is the difference of the levels.
    Metric("coverage", "regression", None, "share", _compute, needs="quantiles", source="Christoffersen (1998)"),
    Metric("quantile_crossings", "regression", "minimize", "share", _compute, needs="quantiles", source="He (1997)"),
)
