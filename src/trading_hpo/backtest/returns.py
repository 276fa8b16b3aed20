"""Weights -> net returns, and what they were worth."""

import numpy as np
from jaxtyping import Bool, Float

TRADING_METRICS = ("sharpe", "max_drawdown", "total_return", "volatility", "turnover", "win_rate")


def net_returns(
    weights: Float[np.ndarray, "T A"], asset_returns: Float[np.ndarray, "T A"], cost_bps: float
) -> tuple[Float[np.ndarray, " T"], Float[np.ndarray, " T"]]:
    """Return the net simple return of each bar and the turnover that was paid for it.

    The weights of row t are bought at the close of bar t and earn row t of ``asset_returns``, the
    return to the next close. Between two closes weights drift with their prices; turnover is what is
    traded from the drifted weights to the new ones, and costs are taken from the same bar's return.
    The rest of the capital is cash without interest. The last position is not sold. A bar that loses
    all capital, as a short sale can, returns -1 and is the last that trades.

    **Looks ahead:** never; row t of the weights was decided at the close of bar t.

    Args:
        weights: Share of the capital per asset, negative when sold short.
        asset_returns: Simple return of each asset to the next close; 0 where it has none.
        cost_bps: Basis points of the traded value.

    Example:
        >>> weights, moves = np.array([[1.0], [0.0]]), np.array([[0.1], [0.5]])
        >>> returns, turnover = net_returns(weights, moves, cost_bps=0.0)
        >>> returns.round(3).tolist(), turnover.tolist()
        ([0.1, 0.0], [1.0, 1.0])
    """
    growth = np.maximum(1 + (weights * asset_returns).sum(axis=1), 0.0)
    solvent = np.cumprod(np.concatenate([[1.0], growth[:-1] > 0]))[: len(growth)]
    drifted = np.zeros_like(weights)
    value = weights[:-1] * (1 + asset_returns[:-1])
    np.divide(value, growth[:-1, None], out=drifted[1:], where=growth[:-1, None] > 0)
    turnover = np.abs(weights - drifted).sum(axis=1) * solvent
    return np.where(solvent > 0, (1 - turnover * cost_bps / 1e4) * growth - 1, 0.0), turnover


def buy_and_hold_returns(
    asset_returns: Float[np.ndarray, "T A"], present: Bool[np.ndarray, " A"], cost_bps: float
) -> Float[np.ndarray, " T"]:
    """Return the net returns of buying equal shares at the first close and never trading again.

    Args:
        asset_returns: Simple return of each asset to the next close; 0 where it has none.
        present: Assets that can be bought at the first close; later ones are not waited for in cash.
        cost_bps: Basis points of the traded value.
    """
    value = np.cumprod(1 + asset_returns[:, present], axis=0).mean(axis=1)
    returns: Float[np.ndarray, " T"] = value / np.concatenate([[1.0], value[:-1]]) - 1
    if len(returns):
        returns[0] = (1 - cost_bps / 1e4) * (1 + returns[0]) - 1
    return returns


def sharpe(returns: Float[np.ndarray, " T"], bars_per_year: float) -> float | None:
    """Return the annualised Sharpe ratio of simple net returns per bar (ddof 1); none without variance.

    Source: Sharpe (1994), The Sharpe Ratio, with a risk-free rate of 0.

    Example:
        >>> sharpe(np.array([0.01, 0.01]), 252) is None
        True
    """
    if len(returns) < 2:
        return None
    spread = float(np.std(returns, ddof=1))
    # A constant series leaves rounding noise behind, not variance.
    if spread <= 1e-12 * max(1.0, float(np.abs(returns).max())):
        return None
    return float(np.mean(returns) / spread * np.sqrt(bars_per_year))


def max_drawdown(returns: Float[np.ndarray, " T"]) -> float:
    """Return the largest fall from a peak as a share of the peak, 0 to 1; the start counts as a peak.

    Example:
        >>> round(max_drawdown(np.array([0.1, -0.5, 0.2])), 2)
        0.5
    """
    wealth = np.concatenate([[1.0], np.cumprod(1 + returns)])
    return float((1 - wealth / np.maximum.accumulate(wealth)).max())


def trading_metrics(
    returns: Float[np.ndarray, " T"], turnover: Float[np.ndarray, " T"] | None, bars_per_year: float
) -> dict[str, float | None]:
    """Return every metric of ``TRADING_METRICS``; ``turnover`` is per year, ``volatility`` annualised."""
    return {
        "sharpe": sharpe(returns, bars_per_year),
        "max_drawdown": max_drawdown(returns),
        "total_return": float(np.prod(1 + returns) - 1),
        "volatility": float(np.std(returns, ddof=1) * np.sqrt(bars_per_year)) if len(returns) > 1 else None,
        "turnover": float(turnover.mean() * bars_per_year) if turnover is not None and len(turnover) else 0.0,
        "win_rate": float((returns > 0).mean()) if len(returns) else None,
    }
