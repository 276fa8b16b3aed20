"""Eleven features that know the future, each in another way that people have come upon."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd


def _next_return(bars: pd.DataFrame, ahead: int) -> pd.Series:
    """A shift to the wrong side."""
    return (bars["close"].shift(-ahead) / bars["close"] - 1).fillna(0.0)


def _faint(bars: pd.DataFrame) -> pd.Series:
    """Last week's return with a thousandth of the next bar's."""
    return bars["close"].pct_change(5).fillna(0.0) + _next_return(bars, 1) / 1000


def _centred_mean(bars: pd.DataFrame, length: int) -> pd.Series:
    return bars["close"] / bars["close"].rolling(length, center=True, min_periods=1).mean() - 1


def _standardised(bars: pd.DataFrame) -> pd.Series:
    """By mean and spread of the whole sample."""
    returns = bars["close"].pct_change().fillna(0.0)
    return (returns - returns.mean()) / returns.std()


def _ranked(bars: pd.DataFrame) -> pd.Series:
    """Among the returns of the whole sample."""
    return bars["close"].pct_change().fillna(0.0).rank(pct=True)


def _filled_back(bars: pd.DataFrame) -> pd.Series:
    """A month's return, given to the first month by the next value."""
    return bars["close"].pct_change(21).bfill()


def _filled_between(bars: pd.DataFrame) -> pd.Series:
    """A close that stood still is taken for a hole, and filled from the next that moved."""
    closes = bars["close"]
    return closes.where(closes.diff() != 0).bfill().fillna(closes) / closes - 1


def _weekly(bars: pd.DataFrame) -> pd.Series:
    """The week's close, joined to each of its days."""
    week = bars["timestamp"].dt.tz_localize(None).dt.to_period("W")
    return bars["close"].groupby(week).transform("last") / bars["close"] - 1


def _lagging_span(bars: pd.DataFrame) -> pd.Series:
    """Of the Ichimoku chart: the close 26 bars on."""
    closes = bars["close"]
    return pd.Series(np.log(closes.shift(-26).ffill() / closes), index=bars.index)


LEAKY: Mapping[str, Callable[[pd.DataFrame], pd.Series]] = {
    "next_return": lambda bars: _next_return(bars, 1),
    "next_week": lambda bars: _next_return(bars, 5),
    "faint": _faint,
    "centred_mean_3": lambda bars: _centred_mean(bars, 3),
    "centred_mean_21": lambda bars: _centred_mean(bars, 21),
    "standardised": _standardised,
    "ranked": _ranked,
    "filled_back": _filled_back,
    "weekly": _weekly,
    "lagging_span": _lagging_span,
    "filled_between": _filled_between,
}
