"""The user's own column of regimes has a few labels, and more than one."""

from collections.abc import Iterator

import pandas as pd

from trading_hpo.errors import first_of
from trading_hpo.market.checks.wording import in_words
from trading_hpo.types import REGIME

MOST_REGIMES = 12  # more divide the bars into parts of which no score can be said
MOST_LETTERS = 40  # of a label: it stands in tables


def regime_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say what is wrong with the labels of the regimes, if the bars have any.

    Args:
        bars: Sorted by asset and time; an empty label says that the regime is not known.
    """
    if REGIME not in bars:
        return
    labels = bars[REGIME].dropna()
    names = sorted(labels.unique())
    long = labels.str.len() > MOST_LETTERS
    if len(names) < 2:
        got = f"{names[0]!r} alone in {in_words(bars.loc[labels.index])}" if names else f"none in {in_words(bars)}"
        yield (
            f"regime must have at least two labels, got {got}. Name another column in columns.regime, or leave it out: "
            "volatility and trend divide the bars then."
        )
    elif len(names) > MOST_REGIMES:
        yield (
            f"regime must have at most {MOST_REGIMES} labels, got {len(names)} ({first_of(names, 3)}) in "
            f"{in_words(bars.loc[labels.index])}. Make classes of them, or name another column in columns.regime."
        )
    elif long.any():
        yield (
            f"regime must have labels of at most {MOST_LETTERS} characters, got {first_of(labels[long].head(1))} in "
            f"{in_words(bars.loc[labels.index[long]])}. Shorten them."
        )
