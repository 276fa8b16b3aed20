"""Moves that look like something other than trading: splits, misprints, another unit of volume. Said, not refused."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from trading_hpo.errors import first_of

_RATIOS = ((3, 2), (2, 1), (3, 1), (4, 1), (5, 1), (7, 1), (10, 1), (20, 1))
_FACTORS = {f"{new}:{old}": old / new for a, b in _RATIOS for new, old in ((a, b), (b, a))}  # 2:1 halves the price
_CLOSE_TO = 0.02  # of a ratio
_SMALLEST = 0.3  # 3:2 takes a third; moves below need no look at all ratios
_TIMES_USUAL = 8.0  # the median absolute move
_HUGE = 0.8
_VOLUME_TIMES, _LEVEL_BARS = 100.0, 20
_NAMED = 5


def jump_warnings(bars: pd.DataFrame) -> Iterator[str]:
    """Say which moves an unadjusted split or a misprint explains, and where the unit of volume may have changed.

    Args:
        bars: Sorted by asset and time, positive closes, numbers as float64.
    """
    splits, huge, volumes = [], [], []
    for asset, own in bars.groupby("asset", sort=True):
        stamps, closes = own["timestamp"].to_numpy(), own["close"].to_numpy()
        ratios = closes[1:] / closes[:-1]
        as_split = _splits(ratios)
        for i in np.flatnonzero((as_split != "") | (np.abs(ratios - 1) > _HUGE)):
            said = f"{pd.Timestamp(stamps[i + 1])} ({ratios[i] - 1:+.1%})"
            splits += [f"{asset} {as_split[i]} at {said}"] if as_split[i] else []
            huge += [] if as_split[i] else [f"{asset} at {said}"]
        if "volume" in own:
            volumes += [f"{asset} at {change}" for change in _volume(stamps, own["volume"].to_numpy())]
    if splits:
        yield f"Moves as large as a split makes them: {first_of(splits, _NAMED)}. Adjust prices for them if they are."
    if huge:
        yield f"Moves of more than 80 % in one bar: {first_of(huge, _NAMED)}. Look at those bars."
    if volumes:
        yield f"Volume of another size from one bar on: {first_of(volumes, _NAMED)}. It may be in another unit."


def _splits(ratios: np.ndarray) -> np.ndarray:
    """Name of the split that explains each price ratio, empty where none does or where such moves are usual."""
    moves, names = np.abs(ratios - 1), np.full(len(ratios), "", dtype="U5")
    if len(moves) == 0:
        return names
    unusual = np.flatnonzero((moves > _SMALLEST) & (moves >= _TIMES_USUAL * np.median(moves)))
    distance = np.abs(ratios[unusual, None] / np.array(list(_FACTORS.values())) - 1)
    explained = distance.min(axis=1, initial=np.inf) <= _CLOSE_TO
    names[unusual[explained]] = np.array(list(_FACTORS))[distance[explained].argmin(axis=1)]
    return names


def _volume(stamps: np.ndarray, volume: np.ndarray) -> Iterator[str]:
    """Where the median of the bars after differs most from that of the bars before: a level that stays, not one bar."""
    traded = pd.Series(np.where(volume > 0, volume, np.nan))
    levels = traded.rolling(_LEVEL_BARS, min_periods=_LEVEL_BARS // 2).median()
    before, after = levels.shift(1).to_numpy(), levels.shift(1 - _LEVEL_BARS).to_numpy()
    other = np.flatnonzero(np.abs(np.log(after / before)) > np.log(_VOLUME_TIMES))
    if len(other):  # on both sides of the change, medians that are half of either level
        i = int(np.median(other[other < other[0] + _LEVEL_BARS]))
        yield f"{pd.Timestamp(stamps[i])} ({before[i]:.4g} to {after[i]:.4g} a bar)"
