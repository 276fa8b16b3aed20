"""What net returns were worth."""

import numpy as np
from jaxtyping import Float

from trading_hpo.metrics.metric import (
    FEWER_THAN_2_BARS,
    NO_BARS,
    NO_VARIANCE,
    NOTHING_TRADED,
    Forecast,
    Metric,
    Returns,
    Targets,
    Value,
    by_name,
)


def sharpe(returns: Float[np.ndarray, " T"], bars_per_year: float) -> Value:
    """Return the annualised Sharpe ratio of simple net returns per bar (ddof 1); none without variance.

    Source: Sharpe (1994), The Sharpe Ratio, with a risk-free rate of 0.

    Example:
        >>> sharpe(np.array([0.01, 0.01]), 252)
        NoValue(why='no variance of returns')
    """
    if len(returns) < 2:
        return FEWER_THAN_2_BARS
    spread = float(np.std(returns, ddof=1))
    # A constant series leaves rounding noise behind, not variance.
    if spread <= 1e-12 * max(1.0, float(np.abs(returns).max())):
        return NO_VARIANCE
    return float(np.mean(returns) / spread * np.sqrt(bars_per_year))


def max_drawdown(returns: Float[np.ndarray, " T"]) -> float:
    """Return the largest fall from a peak as a share of the peak, 0 to 1; the start counts as a peak.

    Example:
        >>> round(max_drawdown(np.array([0.1, -0.5, 0.2])), 2)
        0.5
    """
    wealth = np.concatenate([[1.0], np.cumprod(1 + returns)])
    return float((1 - wealth / np.maximum.accumulate(wealth)).max())


def annual_return(returns: Float[np.ndarray, " T"], bars_per_year: float) -> float:
    """Return the constant return per year that leads to the same wealth; -1 where nothing is left.

    Example:
        >>> round(annual_return(np.array([0.1, 0.1]), 1), 3)
        0.1
    """
    wealth = float(np.prod(1 + returns))
    return float(wealth ** (bars_per_year / len(returns)) - 1) if wealth > 0 else -1.0


def trading_metrics(
    returns: Float[np.ndarray, " T"], turnover: Float[np.ndarray, " T"] | None, bars_per_year: float
) -> dict[str, Value]:
    """Return every metric of ``TRADING_METRICS``; ``turnover`` is per year, ``volatility`` annualised.

    What never trades has lost nothing, earned nothing and turned nothing over; it has no ratio of one to the other.

    Args:
        returns: Simple net return per bar.
        turnover: Per bar; none for what is held and never traded.
        bars_per_year: Annualises.
    """
    # A position that is held over all bars turns nothing over here, and has returns: it was traded before.
    idle = turnover is not None and not turnover.any() and not returns.any()
    return {
        "sharpe": NOTHING_TRADED if idle and len(returns) > 1 else sharpe(returns, bars_per_year),
        "max_drawdown": max_drawdown(returns),
        "total_return": float(np.prod(1 + returns) - 1),
        "annual_return": annual_return(returns, bars_per_year) if len(returns) else NO_BARS,
        "volatility": float(np.std(returns, ddof=1) * np.sqrt(bars_per_year))
        if len(returns) > 1
        else FEWER_THAN_2_BARS,
        "turnover": float(turnover.mean() * bars_per_year) if turnover is not None and len(turnover) else 0.0,
        "win_rate": _win_rate(returns, idle),
    }


def _win_rate(returns: Float[np.ndarray, " T"], idle: bool) -> Value:
    if not len(returns):
        return NO_BARS
    return NOTHING_TRADED if idle else float((returns > 0).mean())


def _compute(_: Forecast | None, __: Targets | None, returns: Returns, ___: Returns | None) -> dict[str, Value]:
    return trading_metrics(returns.net, returns.turnover, returns.bars_per_year)


TRADING_METRICS = by_name(
    Metric("sharpe", "trading", "maximize", "per year", _compute),
    Metric("max_drawdown", "trading", "minimize", "share", _compute),
    Metric("total_return", "trading", "maximize", "share", _compute),
    Metric("annual_return", "trading", "maximize", "share, per year", _compute),
    Metric("volatility", "trading", "minimize", "share, per year", _compute),
    Metric("turnover", "trading", None, "capital, per year", _compute),  # by itself neither good nor bad
    Metric("win_rate", "trading", "maximize", "share", _compute),
)
