"""The holdout at other costs, the positions being the same."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.metrics.metric import NoValue
from trading_hpo.metrics.trading import max_drawdown, sharpe

COSTS_BPS = (0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0)
BUY_AND_HOLD, CONSTANT = "buy_and_hold", "constant_forecast"
COST_COLUMNS = ("name", "cost_bps", "total_return", "sharpe", "max_drawdown", "turnover")


def costs_table(
    returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame, cost_bps: float, bars_per_year: float
) -> pd.DataFrame:
    """Return what each model type and baseline would have been worth at other costs, its positions being the same.

    Args:
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
        cost_bps: That are in the returns; one of the rows.
        bars_per_year: Annualises the Sharpe ratio.

    Returns:
        ``turnover`` is how often the capital is traded in a year; a number that has no meaning is not there.
    """
    rows = []
    for name, net, turnover in _traded(returns, baselines):
        for other in sorted({*COSTS_BPS, cost_bps}):
            moves = at_costs(net, turnover, cost_bps, other)
            ratio = sharpe(moves, bars_per_year)
            rows.append(
                {
                    "name": name,
                    "cost_bps": other,
                    "total_return": np.prod(1 + moves) - 1,
                    "sharpe": np.nan if isinstance(ratio, NoValue) else ratio,
                    "max_drawdown": max_drawdown(moves),
                    "turnover": turnover.mean() * bars_per_year,
                }
            )
    return pd.DataFrame(rows, columns=list(COST_COLUMNS))


def at_costs(
    net: Float[np.ndarray, " T"], turnover: Float[np.ndarray, " T"], cost_bps: float, other_bps: float
) -> Float[np.ndarray, " T"]:
    """Return net returns as they would have been at other costs.

    A bar's growth is multiplied by ``1 - turnover * costs`` (``backtest.returns``), which is undone here. Where a share
    of the capital cannot be traded on a bar, that share pays none, and this is right but for the product of both.

    Args:
        net: Net return per bar.
        turnover: Per bar.
        cost_bps: That are in the returns.
        other_bps: The other costs.

    Example:
        >>> at_costs(np.array([0.0989]), np.array([1.0]), 10.0, 0.0).round(4).tolist()
        [0.1]
    """
    kept, other = (1 - turnover * bps / 1e4 for bps in (cost_bps, other_bps))
    moves: Float[np.ndarray, " T"] = (1 + net) * other / kept - 1
    return moves


def _traded(
    returns: Mapping[str, pd.DataFrame], baselines: pd.DataFrame
) -> Iterator[tuple[str, Float[np.ndarray, " T"], Float[np.ndarray, " T"]]]:
    """Yield name, net return and turnover of each; buy-and-hold buys once."""
    for name, own in returns.items():
        yield name, own["net_return"].to_numpy(float), own["turnover"].to_numpy(float)
    constant = baselines[f"{CONSTANT}_turnover"].to_numpy(float)
    yield CONSTANT, baselines[CONSTANT].to_numpy(float), constant
    yield BUY_AND_HOLD, baselines[BUY_AND_HOLD].to_numpy(float), np.eye(1, len(baselines))[0]
