"""Data sets that installed packages carry: nothing is downloaded."""

from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pandas as pd

from trading_hpo.configuration import Config

SP500_FROM = "2005-01-01"  # prices are rounded to three decimals: early adjusted ones are mostly rounding


class PackagedSource(Config):
    """A file of an installed package, and how it is read."""

    package: str
    file: str
    read: Callable[[Path], pd.DataFrame]
    bars_per_year: float = 252.0

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(str(distribution(self.package).locate_file(self.file)))


def _sp500_20(path: Path) -> pd.DataFrame:
    """20 US stocks, adjusted closes 2005 to 2022; survivors only."""
    wide = pd.read_csv(path, parse_dates=["Date"]).set_index("Date").loc[SP500_FROM:]
    wide.columns.name = "asset"
    return wide.melt(ignore_index=False, var_name="asset", value_name="close").rename_axis("timestamp").reset_index()


def _us_tech_ohlcv(path: Path) -> pd.DataFrame:
    """AAPL, IBM, MSFT and GOOG 2000 to 2013; prices are scaled by the adjusted close."""
    table = pd.read_csv(path, parse_dates=["Date"])
    table = table[table["Ticker"].isin(["AAPL", "IBM", "MSFT", "GOOG"])]
    factor = table["Adj Close"] / table["Close"]
    prices = {name.lower(): table[name] * factor for name in ("Open", "High", "Low", "Close")}
    return pd.DataFrame(
        {
            "timestamp": table["Date"],
            "asset": table["Ticker"],
            **prices,
            "volume": table["Volume"].astype("float64"),
        }
    )


def _index(asset: str) -> Callable[[Path], pd.DataFrame]:
    def read(path: Path) -> pd.DataFrame:
        table = pd.read_csv(path)
        table["Date"] = pd.to_datetime(table["Date"], format="%m/%d/%Y")
        renamed = table.rename(columns=str.lower).rename(columns={"date": "timestamp"})
        return renamed.drop(columns="adj close").assign(asset=asset, volume=renamed["volume"].astype("float64"))

    return read


PACKAGED = {
    "sp500_20": PackagedSource(package="skfolio", file="skfolio/datasets/data/sp500_dataset.csv.gz", read=_sp500_20),
    "us_tech_ohlcv": PackagedSource(
        package="bokeh_sampledata", file="bokeh_sampledata/_data/stocks.csv.gz", read=_us_tech_ohlcv
    ),
    "sp500_index": PackagedSource(package="arch", file="arch/data/sp500/sp500.csv.gz", read=_index("SP500")),
    "nasdaq_index": PackagedSource(package="arch", file="arch/data/nasdaq/nasdaq.csv.gz", read=_index("NASDAQ")),
}
