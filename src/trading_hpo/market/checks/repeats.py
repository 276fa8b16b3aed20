"""Bars that repeat the one before: a feed that stood still, or days that somebody filled."""

import logging
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from trading_hpo.market.checks.wording import in_words

logger = logging.getLogger(__name__)

_RUN = 3  # identical bars in a row
_RUNS_PART = 0.01  # of an asset's bars; fewer are illiquid minutes, halts
_WEEKEND_PART = 0.1  # of its weekend bars
_FRIDAY, _SATURDAY = 4, 5


def without_repeats(bars: pd.DataFrame, mode: Literal["refuse", "drop", "keep"]) -> tuple[pd.DataFrame, list[str]]:
    """Return bars without those that repeat, if that is wished, and otherwise what is wrong with them.

    Of a run of identical bars the first stays; of filled weekends none.

    Args:
        bars: Sorted by asset and time, numbers as float64.
        mode: ``sources.repeated_bars``; what is dropped or kept is said in a warning.
    """
    kinds = {
        "repeat the bar before, in runs of 3 or more": _runs(bars),
        "of weekends repeat Friday's close": _weekends(bars),
    }
    found = {what: rows for what, rows in kinds.items() if rows.any()}
    if mode == "refuse":
        return bars, list(_refusals(bars, found))
    drop = pd.Series(False, index=bars.index)
    for what, rows in found.items():
        logger.warning(
            "%s: %s %s (sources.repeated_bars).", "Dropped" if mode == "drop" else "Kept", in_words(bars[rows]), what
        )
        drop |= rows
    return (bars[~drop].reset_index(drop=True) if mode == "drop" else bars), []


def _refusals(bars: pd.DataFrame, found: dict[str, "pd.Series[bool]"]) -> Iterator[str]:
    for what, rows in found.items():
        yield (
            f"bars must be new ones, got {in_words(bars[rows])} that "
            f"{what.removeprefix('of weekends ')}{' on a weekend' if 'weekend' in what else ''}. If a feed stood still "
            "or days were filled, set sources.repeated_bars=drop; if so little is traded, keep."
        )


def _runs(bars: pd.DataFrame) -> "pd.Series[bool]":
    """Bars of runs, all but the first of each, of assets that have too many."""
    values = bars.drop(columns="timestamp")
    same = (values == values.shift()).all(axis=1)
    run = (~same).cumsum()
    again = same & (run.groupby(run).transform("size") >= _RUN)
    return again & (again.groupby(bars["asset"]).transform("mean") > _RUNS_PART)


def _weekends(bars: pd.DataFrame) -> "pd.Series[bool]":
    """Weekend bars of daily data with Friday's close, of assets where many have it."""
    days = bars["timestamp"].dt.day_of_week
    daily = bars.groupby("asset")["timestamp"].transform(_is_daily).astype(bool)
    friday = bars["close"].where(days == _FRIDAY).groupby(bars["asset"]).ffill(limit=2)
    weekend = daily & (days >= _SATURDAY)
    filled = weekend & (bars["close"] == friday)
    part = filled.groupby(bars["asset"]).transform("sum") / weekend.groupby(bars["asset"]).transform("sum").clip(
        lower=1
    )
    return filled & (part > _WEEKEND_PART)


def _is_daily(stamps: pd.Series) -> bool:
    return len(stamps) > 1 and bool(np.median(np.diff(pd.DatetimeIndex(stamps).asi8)) == pd.Timedelta(days=1).value)
