"""What was earned beyond holding as much without looking."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import NO_BARS, Forecast, Metric, NoValue, Returns, Targets, Value, by_name
from trading_hpo.metrics.trading import sharpe

# Below, what is earned and what the constant forecast earns is the same but for rounding: series are kept as float32.
SAME_RETURN = 1e-8
NO_CONSTANT = NoValue("there is no constant forecast to compare with")
SAME_EARNED = NoValue("it earned what the constant forecast earns")


def per_unit(net: Float[np.ndarray, " T"], exposure: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    """Return what was earned per unit of exposure; 0 where nothing was held."""
    return np.divide(net, exposure, out=np.zeros(len(net)), where=exposure != 0)


def above_constant(
    net: Float[np.ndarray, " T"], exposure: Float[np.ndarray, " T"], constant: Float[np.ndarray, " T"]
) -> Float[np.ndarray, " T"]:
    """Return the active return of each bar: net return less what the constant forecast earns with as much exposure.

    What is no more than long in a market that rises has none, and neither has the constant forecast itself.

    **Looks ahead:** label only; the mean exposure is known when the range is over.

    Args:
        net: Return of each bar.
        exposure: Its mean over the range that the bar lies in.
        constant: What the constant forecast earns per unit of its own mean exposure there.

    Source: Grinold and Kahn (2000), Active Portfolio Management, with the mean exposure for beta.

    Example:
        >>> above_constant(np.array([0.02, 0.00]), np.array([0.5, 0.5]), np.array([0.02, -0.02])).tolist()
        [0.01, 0.01]
    """
    active: Float[np.ndarray, " T"] = net - exposure * constant
    return active


def active_metrics(returns: Returns, constant: Returns | None) -> dict[str, Value]:
    """Return every metric of ``ACTIVE_METRICS``: the annualised mean of the active return, and its Sharpe ratio.

    Args:
        returns: Per bar.
        constant: Of the constant forecast, on the same bars at the same costs.
    """
    if constant is None or constant.exposure is None or returns.exposure is None:
        return dict.fromkeys(ACTIVE_METRICS, NO_CONSTANT)
    if not len(returns.net):
        return dict.fromkeys(ACTIVE_METRICS, NO_BARS)
    held, always = _mean_exposure(returns), _mean_exposure(constant)
    active = above_constant(returns.net, held, per_unit(constant.net, always))
    active = np.where(np.abs(active) < SAME_RETURN, 0.0, active)
    ratio = sharpe(active, returns.bars_per_year)
    return {
        "active_return": float(active.mean() * returns.bars_per_year),
        "active_sharpe": ratio if active.any() else SAME_EARNED,
    }


def _mean_exposure(returns: Returns) -> Float[np.ndarray, " T"]:
    """Of each bar over its range."""
    assert returns.exposure is not None
    span = np.zeros(len(returns.net), int) if returns.span is None else returns.span
    means: Float[np.ndarray, " T"] = (np.bincount(span, returns.exposure) / np.maximum(np.bincount(span), 1))[span]
    return means


def _compute(_: Forecast | None, __: Targets | None, returns: Returns, constant: Returns | None) -> dict[str, Value]:
    return active_metrics(returns, constant)


ACTIVE_METRICS = by_name(
    Metric("active_return", "trading", "maximize", "share, per year", _compute, True, source="Grinold and Kahn (2000)"),
    Metric("active_sharpe", "trading", "maximize", "per year", _compute, True, source="Grinold and Kahn (2000)"),
)
