"""Which way the market has gone, over a year and over a few bars."""

import pandas as pd

from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.returns import log_of

_YEAR, _MONTH = 252, 21  # bars; the months of "momentum 12-1" on daily data


def _momentum_12_1(table: pd.DataFrame) -> pd.Series:
    """Return of the last twelve months without the last one (Jegadeesh and Titman, 1993)."""
    close = table["close"]
    return log_of(close.shift(_MONTH) / close.shift(_YEAR))


def _rsi(bars: int) -> Feature:
    """Relative strength index of Wilder (1978) with plain means, scaled to -1..1; 0 where nothing moved."""

    def compute(table: pd.DataFrame) -> pd.Series:
        change = table["close"].diff()
        gain = change.clip(lower=0).rolling(bars).mean()
        loss = (-change.clip(upper=0)).rolling(bars).mean()
        return ((gain - loss) / (gain + loss).where(gain + loss > 0)).mask((gain + loss) == 0, 0.0)

    return Feature(compute, bars)


MOMENTUM_12_1 = Feature(_momentum_12_1, _YEAR)
RSI_14 = _rsi(14)
