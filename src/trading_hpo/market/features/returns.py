"""Log returns over some bars, and over the pause between two."""

import numpy as np
import pandas as pd

from trading_hpo.market.features.feature import Feature


def log_of(values: pd.Series) -> pd.Series:
    """Return natural logarithms."""
    return pd.Series(np.log(values.to_numpy()), index=values.index)


def log_return(close: pd.Series, bars: int = 1) -> pd.Series:
    """Return the log return over the last ``bars`` bars."""
    return log_of(close).diff(bars)


def _return(bars: int) -> Feature:
    return Feature(lambda table: log_return(table["close"], bars), bars)


RETURN_1, RETURN_5, RETURN_21 = _return(1), _return(5), _return(21)
OVERNIGHT_GAP = Feature(lambda table: log_of(table["open"] / table["close"].shift(1)), 1, ("open", "close"))
