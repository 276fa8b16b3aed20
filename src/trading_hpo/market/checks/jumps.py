"""Moves that look like something other than trading: splits, misprints, another unit of volume. Said, not refused."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

_RATIOS = ((3, 2), (2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (10, 1), (20, 1))
_CLOSE_TO = 0.02  # of a ratio
_TIMES_USUAL = 8.0  # the median absolute move
_HUGE = 0.8
_VOLUME_TIMES, _LEVEL_BARS = 100.0, 20


def jump_warnings(bars: pd.DataFrame) -> Iterator[str]:
    """Say which bars an unadjusted split or a misprint may have moved, and where the unit of volume may have changed.

    Args:
        bars: Sorted by asset and time, positive closes, numbers as float64.
    """
    for asset, own in bars.groupby("asset", sort=True):
        stamps, closes = own["timestamp"].to_numpy(), own["close"].to_numpy()
        ratios = closes[1:] / closes[:-1]
        moves = np.abs(ratios - 1)
        usual = np.median(moves) if len(moves) else 0.0
        split, name = _splits(ratios)
        split &= moves >= _TIMES_USUAL * usual
        huge = (np.abs(ratios - 1) > _HUGE) & ~split
        for i in np.flatnonzero(split)[:1]:
            yield (
                f"{_count(split)} of {asset} may be a split that prices are not adjusted for: {name[i]} at "
                f"{_stamp(stamps[i + 1])} ({ratios[i] - 1:+.1%}). Use adjusted prices (sources.csv.adjusted=true "
                "reads an adjusted close)."
            )
        for i in np.flatnonzero(huge)[:1]:
            yield (
                f"{_count(huge)} of {asset} by more than 80 %, first at {_stamp(stamps[i + 1])} "
                f"({ratios[i] - 1:+.1%}). "
                "Look at those bars."
            )
        if "volume" in own:
            yield from _volume(str(asset), stamps, own["volume"].to_numpy())


def _splits(ratios: np.ndarray) -> tuple["np.ndarray", list[str]]:
    """Which price ratios a split explains, and its name: 2:1 halves the price, 1:2 doubles it."""
    known = {f"{new}:{old}": old / new for new, old in _RATIOS} | {f"{old}:{new}": new / old for new, old in _RATIOS}
    names, factors = list(known), np.array(list(known.values()))
    distance = np.abs(ratios[:, None] / factors - 1)
    nearest = distance.argmin(axis=1) if len(ratios) else np.zeros(0, int)
    return distance.min(axis=1, initial=np.inf) <= _CLOSE_TO, [names[i] for i in nearest]


def _volume(asset: str, stamps: np.ndarray, volume: np.ndarray) -> Iterator[str]:
    """The median of the bars before and after each bar: a level that stays, not one bar."""
    traded = pd.Series(np.where(volume > 0, volume, np.nan))
    levels = traded.rolling(_LEVEL_BARS, min_periods=_LEVEL_BARS // 2).median()
    before, after = levels.shift(1).to_numpy(), levels.shift(-(_LEVEL_BARS - 1)).to_numpy()
    change = np.abs(np.log(after / before))
    if not (change > np.log(_VOLUME_TIMES)).any():
        return
    i = int(np.nanargmax(change))
    yield (
        f"the volume of {asset} is another after {_stamp(stamps[i])}: {before[i]:.4g} a bar before, {after[i]:.4g} "
        "after. "
        "Is it in another unit, or of another source?"
    )


def _count(which: np.ndarray) -> str:
    n = int(which.sum())
    return "1 move" if n == 1 else f"{n} moves"


def _stamp(stamp: np.datetime64) -> str:
    return str(pd.Timestamp(stamp))
