"""How much is traded."""

import pandas as pd

from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.returns import log_of


def _volume_ratio(bars: int) -> Feature:
    """Volume against its recent mean, in logarithms; a bar without volume is allowed.

    The 1 that is added for such bars makes it depend on the unit of the volume: hardly for volumes of thousands, by
    much for those of a few.
    """

    def compute(table: pd.DataFrame) -> pd.Series:
        volume = log_of(table["volume"] + 1)
        return volume - volume.rolling(bars).mean()

    return Feature(compute, bars - 1, ("volume",))


VOLUME_RATIO_21 = _volume_ratio(21)
