"""How volatile the market is."""

import numpy as np
import pandas as pd

from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.returns import log_of, log_return


def _rolling_std(values: pd.Series, bars: int) -> pd.Series:
    """Each window for itself: pandas' running sums leave a residue where the market has stopped."""
    if len(values) < bars:
        return pd.Series(np.nan, index=values.index)
    windows = np.lib.stride_tricks.sliding_window_view(values.to_numpy(), bars)
    return pd.Series(windows.std(axis=1, ddof=1), index=values.index[bars - 1 :]).reindex(values.index)


def _volatility(bars: int) -> Feature:
    return Feature(lambda table: _rolling_std(log_return(table["close"]), bars), bars)


def _volatility_ratio(fast: int, slow: int) -> Feature:
    """How much livelier the market is than usual; 1 where it did not move at all."""

    def compute(table: pd.DataFrame) -> pd.Series:
        returns = log_return(table["close"])
        usual = _rolling_std(returns, slow)
        return (_rolling_std(returns, fast) / usual.where(usual > 0)).mask(usual == 0, 1.0)

    return Feature(compute, slow)


def _parkinson_volatility(bars: int) -> Feature:
    """Volatility from highs and lows (Parkinson, 1980)."""

    def compute(table: pd.DataFrame) -> pd.Series:
        squared = log_of(table["high"] / table["low"]) ** 2
        return (squared.rolling(bars).mean() / (4 * np.log(2))) ** 0.5

    return Feature(compute, bars - 1, ("high", "low"))


VOLATILITY_5, VOLATILITY_21, VOLATILITY_63 = _volatility(5), _volatility(21), _volatility(63)
VOLATILITY_RATIO_5_63 = _volatility_ratio(5, 63)
PARKINSON_VOLATILITY_21 = _parkinson_volatility(21)
