"""Features of somebody who has made the usual mistakes, one each."""

from pathlib import Path

import numpy as np
import pandas as pd

from trading_hpo.market.features.feature import Feature

TOMORROWS_FILE = "TOMORROWS_FILE"  # environment variable


def centred_mean(bars: pd.DataFrame) -> pd.Series:
    return bars["close"] / bars["close"].rolling(21, center=True, min_periods=1).mean() - 1


def whole_sample(bars: pd.DataFrame) -> pd.Series:
    returns = np.log(bars["close"]).diff().fillna(0.0)
    return (returns - returns.mean()) / returns.std()


def filled_at_the_start(bars: pd.DataFrame) -> pd.Series:
    return bars["close"].pct_change(21, fill_method=None).bfill()


def filled_between(bars: pd.DataFrame) -> pd.Series:
    """A number that is known at the end of each month only, filled from the end of the month it is in."""
    month = bars["timestamp"].dt.tz_localize(None).dt.to_period("M")
    last_of_month = month != month.shift(-1)
    return bars["close"].pct_change(21, fill_method=None).fillna(0.0).where(last_of_month).bfill()


def filled_inside(bars: pd.DataFrame) -> pd.Series:
    """Closes of the bars with hardly any volume, one in a hundred, are not trusted, and filled from the next."""
    trusted = bars["close"].where(bars["volume"] >= 100).bfill().fillna(bars["close"])
    return trusted / bars["close"] - 1


def weekly_bar(bars: pd.DataFrame) -> pd.Series:
    """The week's close, joined to every day of the same week."""
    week = bars["timestamp"].dt.tz_localize(None).dt.to_period("W")
    return np.log(bars["close"].groupby(week).transform("last") / bars["close"])


def lagging_span(bars: pd.DataFrame) -> pd.Series:
    """Ichimoku's chikou span: drawn 26 bars back, it is the close of 26 bars on."""
    return np.log(bars["close"].shift(-26).ffill() / bars["close"])


def average_at_look_back(bars: pd.DataFrame) -> pd.Series:
    """An exponential mean as a library gives it: from its 20th bar on, when it still depends on the first."""
    mean = bars["close"].ewm(span=20, adjust=False).mean()
    return bars["close"] / mean - 1


def price_level(bars: pd.DataFrame) -> pd.Series:
    return bars["close"].diff(5)


def from_tomorrows_file(bars: pd.DataFrame) -> pd.Series:
    """A mood that somebody has measured and stamped with the day before."""
    import os

    mood = pd.read_csv(Path(os.environ[TOMORROWS_FILE]), parse_dates=["timestamp"])
    own = mood[mood["asset"] == bars["asset"].iloc[0]].set_index("timestamp")["mood"]
    return bars["timestamp"].map(own).fillna(0.0)


LEAKY = {
    "centred_mean": Feature(centred_mean, 0),
    "whole_sample": Feature(whole_sample, 0),
    "filled_at_the_start": Feature(filled_at_the_start, 0),
    "filled_between": Feature(filled_between, 0),
    "filled_inside": Feature(filled_inside, 0, ("close", "volume")),
    "weekly_bar": Feature(weekly_bar, 0),
    "lagging_span": Feature(lagging_span, 0),
    "average_at_look_back": Feature(average_at_look_back, 19, memory="decaying"),
    "price_level": Feature(price_level, 5),
    "from_tomorrows_file": Feature(from_tomorrows_file, 0),
}
