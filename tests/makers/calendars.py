"""Bars of made-up markets whose calendars differ in every way that real ones do."""

from collections.abc import Callable

import numpy as np
import pandas as pd

DAYS = 900


def bars_of(stamps: dict[str, pd.DatetimeIndex], seed: int = 0) -> pd.DataFrame:
    """OHLCV bars of random walks, one asset for each set of timestamps, sorted by asset and time."""
    tables = []
    for number, (asset, own) in enumerate(stamps.items()):
        rng = np.random.default_rng([seed, number])
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(own))))
        opened = close * np.exp(rng.normal(0, 0.005, len(own)))
        tables.append(
            pd.DataFrame(
                {
                    "timestamp": own.as_unit("ns"),
                    "asset": asset,
                    "open": opened,
                    "high": np.maximum(opened, close) * rng.uniform(1, 1.01, len(own)),
                    "low": np.minimum(opened, close) * rng.uniform(0.99, 1, len(own)),
                    "close": close,
                    "volume": rng.integers(1, 1_000_000, len(own)).astype(float),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def _days(n_bars: int = DAYS, **more: str) -> pd.DatetimeIndex:
    return pd.date_range("2018-01-01", periods=n_bars, tz="UTC", **more)  # type: ignore[call-overload]


def _without(days: pd.DatetimeIndex, dropped: np.ndarray) -> pd.DatetimeIndex:
    return days[~dropped]


def _holes(share: float) -> dict[str, pd.DatetimeIndex]:
    rng = np.random.default_rng(int(1000 * share))
    return {f"H{number}": _without(_days(), rng.random(DAYS) < share) for number in range(6)}


def _two_markets() -> dict[str, pd.DatetimeIndex]:
    days, rng = _days(freq="B"), np.random.default_rng(3)
    return {name: _without(days, rng.random(DAYS) < 0.04) for name in ("NORTH", "SOUTH")}


def _suspension() -> dict[str, pd.DatetimeIndex]:
    days = _days()
    gone = (np.arange(DAYS) >= 400) & (np.arange(DAYS) < 700)
    return {f"S{number:02}": _without(days, gone & (number == 7)) for number in range(20)}


# Each with the longest run of bars that one asset lacks on the common calendar.
CALENDARS: dict[str, tuple[Callable[[], dict[str, pd.DatetimeIndex]], int]] = {
    "a coin every day beside stocks on weekdays": (
        lambda: {"COIN": _days(), "STOCK1": _days(DAYS * 5 // 7, freq="B"), "STOCK2": _days(DAYS * 5 // 7, freq="B")},
        2,
    ),
    "two markets with holidays of their own": (_two_markets, 3),
    "two exchanges whose stamps never meet": (
        lambda: {"EARLY": _days() + pd.Timedelta(hours=6), "LATE": _days() + pd.Timedelta(hours=15)},
        1,
    ),
    "a listing in the middle": (lambda: {"OLD": _days(), "OLDER": _days(), "NEW": _days()[450:]}, 0),
    "a delisting": (lambda: {"KEPT": _days(), "ALSO": _days(), "GONE": _days()[:650]}, 0),
    "one missing bar": (lambda: {"WHOLE": _days(), "TORN": _days().delete(500)}, 1),
    "a suspension of one asset in twenty": (_suspension, 300),
    "holes of 1 %": (lambda: _holes(0.01), 5),
    "holes of 3 %": (lambda: _holes(0.03), 5),
    "holes of 5 %": (lambda: _holes(0.05), 5),
}
