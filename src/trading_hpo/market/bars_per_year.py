"""How many bars of a calendar make a year."""

import logging

import pandas as pd

from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.packaged import PACKAGED

MUCH = 1.2  # a calendar of other trading days or hours, not a year with more holidays

logger = logging.getLogger(__name__)


def bars_per_year(source: str, sources: SourcesConfig, stamps: pd.DatetimeIndex) -> float:
    """Return how many bars of the calendar make a year: as many as is set, else as its stamps show.

    Args:
        source: Its name.
        sources: Their settings; one that the stamps contradict is used all the same, with a warning.
        stamps: Of all assets' bars, each once.
    """
    years = (stamps.max() - stamps.min()) / pd.Timedelta(days=365.25)
    shown = (len(stamps) - 1) / years if years > 0 else None
    stated = PACKAGED[source].bars_per_year if source in PACKAGED else getattr(sources, source).bars_per_year
    if stated is None:
        return shown or 1.0
    if shown is not None and not 1 / MUCH < shown / stated < MUCH:
        logger.warning(
            "sources.%s.bars_per_year is %g, and the %d bars from %s to %s are %.0f a year. Correct it, or leave it "
            "out: Sharpe, volatility and turnover are annualised by it.",
            source,
            stated,
            len(stamps),
            stamps.min().date(),
            stamps.max().date(),
            shown,
        )
    return float(stated)
