"""What happened within a bar."""

import pandas as pd

from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.returns import log_of


def _close_location(table: pd.DataFrame) -> pd.Series:
    """Place of the close within the bar, -1 at the low to 1 at the high; 0 for a bar without range."""
    span = table["high"] - table["low"]
    location = (2 * table["close"] - table["high"] - table["low"]) / span.where(span > 0)
    return location.mask(span == 0, 0.0)


BAR_RANGE = Feature(lambda table: log_of(table["high"] / table["low"]), 0, ("high", "low"))
CLOSE_LOCATION = Feature(_close_location, 0, ("high", "low", "close"))
