"""Bars that repeat the one before: a feed that stood still, or days that somebody filled."""

import logging
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from trading_hpo.market.checks.wording import in_words

logger = logging.getLogger(__name__)

_RUNS_PART = 0.01  # of an asset's bars in runs of three or more; fewer are illiquid minutes, halts
_WEEKEND_PART = 0.1  # of its weekend bars
_FRIDAY, _SATURDAY = 4, 5
_DAY_S, _CLOCK_CHANGE_S = 86_400, 3_600


@dataclass(frozen=True)
class _Repeats:
    """Bars that are no new ones.

    Attributes:
        what: They do, in words.
        rows: Each judged by bars before it.
        many: Those of assets that have too many over their whole history, which is what a file is refused for.
    """

    what: str
    rows: "pd.Series[bool]"
    many: "pd.Series[bool]"


def without_repeats(
    bars: pd.DataFrame, mode: Literal["refuse", "drop", "keep"], timezone: str = "UTC"
) -> tuple[pd.DataFrame, list[str]]:
    """Return bars without those that repeat, if that is wished, and otherwise what is wrong with them.

    **Looks ahead:** never where bars are dropped: the third of three alike and those after it, and a weekend's bar with
    Friday's close. A file is refused for how many there are in all.

    Args:
        bars: Sorted by asset and time, numbers as float64.
        mode: ``sources.repeated_bars``; what is dropped or kept is said in a warning.
        timezone: In which a weekend is one.
    """
    found = [_runs(bars), _weekends(bars, timezone)]
    if mode == "refuse":
        return bars, [
            f"bars must be new ones, got {in_words(bars[one.many])} that {one.what}. If a feed stood still or days "
            "were filled, set sources.repeated_bars=drop; if so little is traded, keep."
            for one in found
            if one.many.any()
        ]
    drop = pd.Series(False, index=bars.index)
    for one in found:
        rows = one.rows if mode == "drop" else one.many
        if rows.any():
            done = "Dropped" if mode == "drop" else "Kept"
            logger.warning("%s: %s that %s (sources.repeated_bars).", done, in_words(bars[rows]), one.what)
            drop |= one.rows
    return (bars[~drop].reset_index(drop=True) if mode == "drop" else bars), []


def _runs(bars: pd.DataFrame) -> _Repeats:
    values = bars.drop(columns="timestamp")
    same = (values == values.shift()).all(axis=1)
    third = same & same.shift(fill_value=False)  # equal bars are of one asset
    again = third | (same & third.shift(-1, fill_value=False))  # all of a run but its first
    return _Repeats("repeat the bars before", third, again & (_share(again, bars) > _RUNS_PART))


def _weekends(bars: pd.DataFrame, timezone: str) -> _Repeats:
    days = bars["timestamp"].dt.tz_convert(timezone).dt.day_of_week
    by_asset = bars.groupby("asset")
    # A day after the bar before, give or take a change of the clocks: others are not daily.
    daily = (by_asset["timestamp"].diff().dt.total_seconds() - _DAY_S).abs() <= _CLOCK_CHANGE_S
    friday = bars["close"].where(days == _FRIDAY).groupby(bars["asset"]).ffill(limit=2)
    weekend = daily & (days >= _SATURDAY)
    filled = weekend & (bars["close"] == friday)
    part = _share(filled, bars) / _share(weekend, bars).clip(lower=1e-9)
    return _Repeats("repeat Friday's close on a weekend", filled, filled & (part > _WEEKEND_PART))


def _share(rows: "pd.Series[bool]", bars: pd.DataFrame) -> "pd.Series[float]":
    """Of an asset's bars."""
    return rows.groupby(bars["asset"]).transform("mean")
