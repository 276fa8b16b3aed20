"""Each asset's bars come once and in one order; what is mixed is said, and never sorted away."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

_FAR = 0.2  # of a close from the ones beside it, as a logarithm: no trade of one bar is undone by the next
_ALTERNATING, _ENOUGH = 0.1, 20  # part of an asset's bars, and how many say something


def order_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say which assets have a bar twice, or bars in no order; newest first is one.

    Args:
        bars: In the order of the file.
    """
    for asset, own in bars.groupby("asset", sort=True):
        stamps = own["timestamp"]
        repeated = stamps.duplicated()
        if repeated.any():
            yield _duplicates(str(asset), own, repeated)
            continue
        steps = np.diff(pd.DatetimeIndex(stamps).asi8)
        back = np.flatnonzero(steps < 0 if (steps > 0).sum() >= (steps < 0).sum() else steps > 0)
        if len(back):
            yield (
                f"timestamps must be in one order per asset, got {len(back)} out of order for {asset}, first at "
                f"{stamps.iloc[back[0] + 1]}. {_cause(own, back)}"
            )


def alternation_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Say which assets have prices that jump between two levels all the time: two series in one.

    Args:
        bars: Sorted by asset and time.
    """
    for asset, own in bars.groupby("asset", sort=True):
        apart = _apart_from_neighbours(own["close"].to_numpy())
        if apart.mean() > _ALTERNATING and len(own) > _ENOUGH:
            first = own["timestamp"].iloc[int(apart.argmax())]
            yield (
                f"prices of {asset} must be those of one asset, got {int(apart.sum())} that jump by a fifth or more "
                f"and back at once, first at {first}. Give the two series names of their own."
            )


def _duplicates(asset: str, own: pd.DataFrame, repeated: "pd.Series[bool]") -> str:
    again = own[own["timestamp"].duplicated(keep=False)]
    same = not again.drop_duplicates().duplicated("timestamp").any()
    remedy = "They are the same rows: remove the second of each"
    if not same:
        remedy = (
            "Their values differ: if they are of several assets, name the column of the assets; else keep one of "
            "each, or aggregate them to one bar"
        )
    count, first = int(repeated.sum()), own.loc[repeated, "timestamp"].iloc[0]
    return f"timestamps must be unique per asset, got {count} duplicates for {asset}, first at {first}. {remedy}."


def _cause(own: pd.DataFrame, back: np.ndarray) -> str:
    """Why rows ``back + 1`` are not in the order of the others; what to do about it follows from that.

    Blocks one after another may be put in order. Rows in between each other are something else.
    """
    stamps = own["timestamp"].to_numpy()
    spans = sorted((block.min(), block.max()) for block in np.split(stamps, back + 1))
    if len(spans) < len(stamps) / 10 and all(before[1] < after[0] for before, after in pairwise(spans)):
        first = "later" if (np.diff(pd.DatetimeIndex(stamps).asi8) < 0).mean() > 1 / 2 else "earlier"  # as within each
        return f"The file has {len(spans)} blocks of bars that do not overlap: put the {first} ones first."
    values = own.drop(columns=["timestamp", "asset"]).to_numpy()
    copies = int((values[back] == values[back + 1]).all(axis=1).sum())
    if copies > len(back) / 2:
        apart = pd.Timedelta(abs(stamps[back[0] + 1] - stamps[back[0]]))
        return (
            f"{copies} of them have the values of the bar next to them, {apart} apart: the same bars under two clocks. "
            "Remove those with the wrong one. Sorting would hide them."
        )
    return f"{_foreign(own, back)}: find out where they come from, and remove or rename them. Sorting would hide them."


def _foreign(own: pd.DataFrame, back: np.ndarray) -> str:
    closes = pd.to_numeric(own["close"], errors="coerce").to_numpy(float)
    apart = _apart_from_neighbours(closes)
    if (apart[back] | apart[back + 1]).mean() < 0.5:
        return "Bars of another asset, time zone or source may be among them"
    low, high = np.nanquantile(closes, [0.25, 0.75])
    return f"Bars of something else are among them (closes alternate, about {low:.4g} and {high:.4g})"


def _apart_from_neighbours(closes: np.ndarray) -> np.ndarray:
    """Which closes are far from the ones before and after them, while these are close to each other."""
    logs = np.log(np.where(closes > 0, closes, np.nan))
    there, over = np.abs(logs[1:-1] - logs[:-2]), np.abs(logs[2:] - logs[:-2])
    return np.pad((there > _FAR) & (over < there / 10), 1)
