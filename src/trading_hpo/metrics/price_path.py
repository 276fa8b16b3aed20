"""How near the forecast price came to the true one."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import Forecast, Metric, NoValue, Returns, Targets, Value

NO_PRICE = NoValue("a price falls to 0")


def mape(returns: Float[np.ndarray, "N S"], forecast: Float[np.ndarray, "N S"]) -> Value:
    """Return the mean absolute error of the price as a share of it: |r^ - r| / (1 + r) with cumulative returns.

    Of returns themselves there is no such share: they are as often near 0 as not.

    Args:
        returns: Simple returns that follow each other, from the row's bar on; one where the row has one target.
        forecast: Of them.

    Source: Hyndman and Koehler (2006), Another Look at Measures of Forecast Accuracy.

    Example:
        >>> round(mape(np.array([[0.25, 0.0]]), np.array([[0.0, 0.0]])), 3)
        0.2
    """
    price, said = (np.cumprod(1 + moves.astype(np.float64), axis=1) for moves in (returns, forecast))
    return float((np.abs(said - price) / price).mean()) if (price > 0).all() else NO_PRICE


def _compute(forecast: Forecast, targets: Targets, _: Returns | None, __: Returns | None) -> Value:
    assert forecast.values is not None
    return mape(targets.values[:, targets.returns], forecast.values[:, targets.returns])


MAPE = Metric(
    "mape", "regression", "minimize", "share", _compute, needs="price path", source="Hyndman and Koehler (2006)"
)
