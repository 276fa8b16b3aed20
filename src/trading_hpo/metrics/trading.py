"""What net returns were worth."""

import numpy as np
from jaxtyping import Bool, Float

from trading_hpo.metrics.metric import (
    FEWER_THAN_2_BARS,
    NO_BARS,
    NO_VARIANCE,
    NOTHING_TRADED,
    Forecast,
    Metric,
    NoValue,
    Returns,
    Targets,
    Value,
    by_name,
)

NO_GAIN, NO_LOSS = NoValue("no bar gains"), NoValue("no bar loses")
NO_DRAWDOWN = NoValue("there is no drawdown")
NO_TAIL = NoValue("the 5th percentile is 0")
TOO_FEW = NoValue("too few bars for a year")
NOT_KNOWN = NoValue("what is held is not known")


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


def sortino(returns: Float[np.ndarray, " T"], bars_per_year: float) -> Value:
    """Return mean / root of the mean squared loss, annualised; bars that gain count as losses of 0.

    Source: Sortino and Price (1994), Performance Measurement in a Downside Risk Framework, with a target of 0.

    Example:
        >>> round(sortino(np.array([0.03, -0.01, 0.0, 0.0]), 1), 3)
        1.0
    """
    downside = float(np.sqrt((np.minimum(returns, 0.0) ** 2).mean()))
    return float(np.mean(returns)) / downside * float(np.sqrt(bars_per_year)) if downside > 0 else NO_LOSS


def drawdowns(returns: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    """Return how far the wealth of each bar is below the highest before, as a share of it; the start counts as one.

    Example:
        >>> drawdowns(np.array([0.25, -0.5, 0.6])).round(2).tolist()
        [0.0, 0.5, 0.2]
    """
    wealth = np.cumprod(1 + returns)
    below: Float[np.ndarray, " T"] = 1 - wealth / np.maximum(np.maximum.accumulate(wealth), 1.0)
    return below


def max_drawdown(returns: Float[np.ndarray, " T"]) -> float:
    """Return the largest fall from a peak as a share of the peak, 0 to 1; the start counts as a peak.

    Example:
        >>> round(max_drawdown(np.array([0.1, -0.5, 0.2])), 2)
        0.5
    """
    return float(drawdowns(returns).max(initial=0.0))


def longest_run(inside: Bool[np.ndarray, " T"]) -> int:
    """Return the length of the longest run of true bars.

    Example:
        >>> longest_run(np.array([True, False, True, True, True]))
        3
    """
    outside = np.flatnonzero(~np.concatenate([[False], inside, [False]]))
    return int(np.diff(outside).max()) - 1


def annual_return(returns: Float[np.ndarray, " T"], bars_per_year: float) -> Value:
    """Return the constant return per year that leads to the same wealth; -1 where nothing is left.

    There is none where it exceeds every number, as after a single hour in which the wealth has doubled.

    Example:
        >>> round(annual_return(np.array([0.1, 0.1]), 1), 3)
        0.1
    """
    wealth = float(np.prod(1 + returns))
    try:
        return float(wealth ** (bars_per_year / len(returns)) - 1) if wealth > 0 else -1.0
    except OverflowError:
        return TOO_FEW


def trading_metrics(returns: Returns) -> dict[str, Value]:
    """Return every metric of ``TRADING_METRICS``; ``turnover`` is per year, ``volatility`` annualised.

    What never trades has lost nothing, earned nothing and turned nothing over; it has no ratio of one to the other.

    Args:
        returns: Per bar.
    """
    net, turnover, per_year = returns.net, returns.turnover, returns.bars_per_year
    if not len(net):
        return dict.fromkeys(TRADING_METRICS, NO_BARS) | dict.fromkeys(_SUMS, 0.0)
    below, yearly = drawdowns(net), annual_return(net, per_year)
    deepest = float(below.max())
    found: dict[str, Value] = {
        "sharpe": sharpe(net, per_year),
        "max_drawdown": deepest,
        "total_return": float(np.prod(1 + net) - 1),
        "annual_return": yearly,
        "volatility": float(np.std(net, ddof=1) * np.sqrt(per_year)) if len(net) > 1 else FEWER_THAN_2_BARS,
        "turnover": 0.0 if turnover is None else float(turnover.mean() * per_year),
        "win_rate": _win_rate(returns),
        **_of_gains_and_losses(net),
        "sortino": sortino(net, per_year),
        "calmar": _calmar(yearly, deepest),
        "longest_drawdown_bars": float(longest_run(below > 0)),
        "tail_ratio": _tail_ratio(net),
        "exposure": NOT_KNOWN if returns.exposure is None else float(returns.exposure.mean()),
    }
    # A position that is held over all bars turns nothing over here, and has returns: it was traded before.
    idle = turnover is not None and not turnover.any() and not net.any()
    return found | dict.fromkeys(_RATIOS[len(net) < 2 :], NOTHING_TRADED) if idle else found


def _calmar(yearly: Value, deepest: float) -> Value:
    """Return the annual return over the largest drawdown, by Young (1991) but over all bars."""
    if isinstance(yearly, NoValue):
        return yearly
    return yearly / deepest if deepest > 0 else NO_DRAWDOWN


def _win_rate(returns: Returns) -> Value:
    """Return the share of gains among the bars with a position; all bars count where positions are not known.

    Longs and shorts may add up to an exposure of 0; then a return tells that there are some.
    """
    net, turnover, exposure = returns.net, returns.turnover, returns.exposure
    if exposure is None:
        return float((net > 0).mean())
    active = (exposure != 0) | (net != 0) | (False if turnover is None else turnover != 0)
    return float((net[active] > 0).mean()) if active.any() else NOTHING_TRADED


def _of_gains_and_losses(net: Float[np.ndarray, " T"]) -> dict[str, Value]:
    gains, losses = net[net > 0], -net[net < 0]
    lacking = NO_LOSS if not len(losses) else NO_GAIN if not len(gains) else None
    return {
        "profit_factor": float(gains.sum() / losses.sum()) if len(losses) else NO_LOSS,
        "payoff": lacking or float(gains.mean() / losses.mean()),
    }


def _tail_ratio(net: Float[np.ndarray, " T"]) -> Value:
    low, high = np.quantile(net, [0.05, 0.95])
    return float(high / abs(low)) if low != 0 else NO_TAIL


def _compute(_: Forecast | None, __: Targets | None, returns: Returns, ___: Returns | None) -> dict[str, Value]:
    return trading_metrics(returns)


_SUMS = ("max_drawdown", "total_return", "turnover", "longest_drawdown_bars")  # of no bars they are 0
# Of what was never traded they have no meaning; of one bar there is no Sharpe ratio anyway.
_RATIOS = ("sharpe", "win_rate", "profit_factor", "payoff", "sortino", "calmar", "tail_ratio")
TRADING_METRICS = by_name(
    Metric("sharpe", "trading", "maximize", "per year", _compute, source="Sharpe (1994)"),
    Metric("max_drawdown", "trading", "minimize", "share", _compute, source="Magdon-Ismail and Atiya (2004)"),
    Metric("total_return", "trading", "maximize", "share", _compute, source="Bacon (2008)"),
    Metric("annual_return", "trading", "maximize", "share, per year", _compute, source="Bacon (2008)"),
    Metric("volatility", "trading", "minimize", "share, per year", _compute, source="Markowitz (1952)"),
    Metric("turnover", "trading", None, "capital, per year", _compute, source="Grinold and Kahn (2000)"),
    Metric("win_rate", "trading", "maximize", "share", _compute, source="Vince (1990)"),
    Metric("profit_factor", "trading", "maximize", "", _compute, source="Vince (1990)"),
    Metric("payoff", "trading", "maximize", "", _compute, source="Vince (1990)"),
    Metric("sortino", "trading", "maximize", "per year", _compute, source="Sortino and Price (1994)"),
    Metric("calmar", "trading", "maximize", "per year", _compute, source="Young (1991)"),
    Metric("longest_drawdown_bars", "trading", "minimize", "bars", _compute, source="Lopez de Prado (2018)"),
    Metric("tail_ratio", "trading", "maximize", "", _compute, source="Quantopian (2015), empyrical"),
    # Turnover and exposure are by themselves neither good nor bad.
    Metric("exposure", "trading", None, "share", _compute, source="Lopez de Prado (2018)"),
)
