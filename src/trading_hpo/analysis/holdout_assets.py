"""What each asset brought to the return on the holdout."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.backtest.contributions import contributions
from trading_hpo.families.judgement import weights_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel

ASSET_COLUMNS = ("asset", "contribution", "asset_return", "turnover", "mean_exposure", "bars")


def asset_table(
    panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision, config: BacktestConfig
) -> pd.DataFrame:
    """Return one row per asset: what it added to the total return, after costs, and what it did by itself.

    A bar's part of an asset is weighed by the wealth that there was before the bar. So the contributions add up to the
    total return of all bars.

    **Looks ahead:** at the holdout's returns, to judge; the forecast is final.

    Args:
        panel: The data.
        rows: That were traded.
        forecast: Of the rows.
        decision: Made elsewhere.
        config: Costs and positions.

    Returns:
        ``contribution`` to the total return; ``asset_return``, the asset held from the first bar to the last without
        costs; ``turnover``, the sum over bars, and ``mean_exposure``, both as shares of the capital; ``bars`` of its
        own.
    """
    bars = np.arange(panel.bar[rows].min(), panel.bar[rows].max() + 1)
    weights, grid = weights_of(panel, rows, forecast, decision, config, bars)
    earned, traded, exposure = contributions(weights, grid.returns, config.cost_bps, grid.own | ~grid.alive)
    wealth = np.cumprod(1 + earned.sum(axis=1))
    before = np.concatenate([[1.0], wealth[:-1]])
    number = np.full(len(grid.alive.T), -1)
    number[grid.column] = panel.asset[rows]  # those of which no row is traded bring nothing
    table = pd.DataFrame(
        {
            "asset": [panel.assets[own] if own >= 0 else "" for own in number],
            "contribution": before @ earned,
            "asset_return": np.prod(1 + grid.returns, axis=0) - 1,
            "turnover": traded.sum(axis=0),
            "mean_exposure": exposure.mean(axis=0),
            "bars": grid.own.sum(axis=0),
        },
        columns=list(ASSET_COLUMNS),
    )
    return table[number >= 0].reset_index(drop=True)


def assets_of_all(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all model types as one, each line with its ``model_type``."""
    named = [own.assign(model_type=name) for name, own in tables.items()]
    return pd.concat(named, ignore_index=True) if named else pd.DataFrame(columns=[*ASSET_COLUMNS, "model_type"])
