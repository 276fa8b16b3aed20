"""Files that the tables of inputs are made of."""

import pandas as pd
from tests.makers.inputs import csv, good_bars

BARS = good_bars()
OTHER = good_bars(asset="BBB", seed=1, level=50.0)
PENNIES = good_bars(level=5_000.0).assign(
    **{name: good_bars(level=5_000.0)[name] / 1e4 for name in ("open", "high", "low", "close")}
)
TWO = pd.concat([BARS, OTHER], ignore_index=True)
LATER = pd.concat(
    [BARS, OTHER.assign(timestamp=pd.date_range("2020-03-01", periods=60, freq="D").strftime("%Y-%m-%d"))],
    ignore_index=True,
)
HOURS = good_bars(n=400, step="h")
STAMPS = pd.to_datetime(BARS["timestamp"])
INDEXED = BARS.assign(timestamp=STAMPS).set_index("timestamp")
MANY_LEVELS = INDEXED.drop(columns="asset").set_axis(
    pd.MultiIndex.from_product([["Open", "High", "Low", "Close", "Volume"], ["AAA"]], names=["Price", "Ticker"]), axis=1
)
LONG_AGAIN = MANY_LEVELS.stack("Ticker", future_stack=True).rename_axis(["timestamp", "asset"]).reset_index()
WIDE = pd.DataFrame({"timestamp": BARS["timestamp"], "AAA": BARS["close"], "BBB": OTHER["close"]})
CLOSES = TWO[["timestamp", "asset", "close"]]


def named(name: str, bars: pd.DataFrame = BARS) -> pd.DataFrame:
    return bars.assign(asset=name)


def without(*columns: str, bars: pd.DataFrame = BARS) -> pd.DataFrame:
    return bars.drop(columns=list(columns))


def stamped(values, bars: pd.DataFrame = BARS) -> bytes:
    return csv(bars.assign(timestamp=list(values)))


def seconds(unit: str, bars: pd.DataFrame = BARS) -> pd.Series:
    return pd.to_datetime(bars["timestamp"]).astype(f"datetime64[{unit}]").astype("int64")


def grouped(sign: str, decimal: str = "."):
    """Prices such as 1,234.56."""
    prices = ["open", "high", "low", "close"]
    swap = str.maketrans({",": sign, ".": decimal})
    return BARS.assign(**{name: BARS[name].map(lambda price: f"{price:,.2f}".translate(swap)) for name in prices})


def local(zone: str, bars: pd.DataFrame) -> pd.Series:
    moments = pd.to_datetime(bars["timestamp"], utc=True)
    return moments.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")


AUTUMN = HOURS.assign(timestamp=pd.date_range("2020-10-20", periods=400, freq="h").strftime("%Y-%m-%d %H:%M"))
# Hours of a year in which Berlin's clocks were put forward, written as if they never were.
SPRING = good_bars(n=400, step="h").assign(
    timestamp=pd.date_range("2020-03-20", periods=400, freq="h").strftime("%Y-%m-%d %H:%M")
)
NIGHTS = BARS.assign(
    timestamp=pd.date_range("2020-03-01 01:30", periods=60, freq="D", tz="UTC").strftime("%Y-%m-%d %H:%M"),
)
