"""Bars that are missing, and why: a hole, a market that closes, bars of no fixed length, calendars that never meet."""

from collections.abc import Iterator

import numpy as np
import pandas as pd


def gap_problems(bars: pd.DataFrame, max_missing_bars: int) -> Iterator[str]:
    """Say where more bars are missing in a row than may be.

    A hole of all assets is measured in the usual distance between two bars, one of an asset in the bars of the others.

    Args:
        bars: Sorted by asset and time.
        max_missing_bars: Longest run that may be missing.
    """
    calendar = pd.DatetimeIndex(bars["timestamp"].unique()).sort_values()
    assets = bars["asset"].unique()
    if len(calendar) > 2:
        steps = np.diff(calendar.asi8)
        missing = np.round(steps / np.median(steps)).astype(int) - 1
        widest = int(missing.argmax())
        if missing[widest] > max_missing_bars:
            who = assets[0] if len(assets) == 1 else "all assets"
            yield _gap(
                str(who),
                int(missing[widest]),
                calendar[widest],
                max_missing_bars,
                _cause(steps, missing, max_missing_bars),
            )
    place = pd.Series(np.arange(len(calendar)), index=calendar)
    for asset, stamps in bars.groupby("asset", sort=True)["timestamp"]:
        missing = np.diff(place.loc[stamps].to_numpy()) - 1
        if len(missing) and missing.max() > max_missing_bars:
            widest = int(missing.argmax())
            cause = _cause_of_one(stamps, missing, calendar, max_missing_bars)
            yield _gap(str(asset), int(missing[widest]), stamps.iloc[widest], max_missing_bars, cause)


def _cause(steps: np.ndarray, missing: np.ndarray, allowed: int) -> str | None:
    """Why the common calendar has holes, if they are no accident."""
    wide = int((missing > allowed).sum())
    near = np.abs(steps / np.median(steps) - 1) < 0.5
    if near.mean() < 0.5:
        return f"bars have no fixed length, from {_span(steps.min())} to {_span(steps.max())}"
    if wide >= 5 and wide > len(steps) / 500:
        return f"the market seems to close, {wide} times"
    return None


def _cause_of_one(stamps: pd.Series, missing: np.ndarray, calendar: pd.DatetimeIndex, allowed: int) -> str | None:
    """Why one asset lacks bars that others have, if it does so all the time."""
    if np.median(missing) <= allowed and (missing > allowed).sum() < max(5, len(missing) / 500):
        return None
    own, all_steps = np.median(np.diff(pd.DatetimeIndex(stamps).asi8)), np.median(np.diff(calendar.asi8))
    if np.median(missing) > allowed:
        return f"its bars come every {_span(own)}, those of all assets every {_span(all_steps)}"
    return f"its market seems to close, {int((missing > allowed).sum())} times, while others are open"


def _span(nanoseconds: float) -> str:
    return str(pd.Timedelta(int(nanoseconds), "ns").round("ms")).removeprefix("0 days ")


def _gap(who: str, missing: int, after: pd.Timestamp, allowed: int, cause: str | None) -> str:
    said = f"missing bars in a row must be at most {allowed}, got {missing} for {who} after {after}"
    if cause is not None:
        return (
            f"{said}: {cause}. If that is so, set sources.max_missing_bars={missing}; only longer holes are found then."
        )
    return f"{said}. Fill the source, drop the asset, or raise sources.max_missing_bars."
