"""Bars that the tests of this folder share: three real data sets and a maker of small ones."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trading_hpo.market.bars import clean_bars
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.read import read_source

BarMaker = Callable[..., pd.DataFrame]


def _make_bars(n: int = 40, assets: tuple[str, ...] = ("AAA", "BBB"), seed: int = 0, start: str = "2020-01-01"):
    """Random OHLCV bars of every asset on one daily calendar, sorted by asset and time."""
    rng = np.random.default_rng(seed)
    parts = []
    for asset in assets:
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, n)))
        opened = close * np.exp(rng.normal(0, 0.01, n))
        parts.append(
            pd.DataFrame(
                {
                    "timestamp": pd.date_range(start, periods=n, tz="UTC").as_unit("ns"),
                    "asset": asset,
                    "open": opened,
                    "high": np.maximum(opened, close) * rng.uniform(1, 1.02, n),
                    "low": np.minimum(opened, close) * rng.uniform(0.98, 1, n),
                    "close": close,
                    "volume": rng.integers(0, 10_000, n).astype(float),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def make_bars() -> BarMaker:
    return _make_bars


def _real(source: str) -> pd.DataFrame:
    return clean_bars(read_source(source, SourcesConfig()), "all", SourcesConfig())


@pytest.fixture(scope="session")
def us_tech() -> pd.DataFrame:
    return _real("us_tech_ohlcv")


@pytest.fixture(scope="session")
def sp500_20() -> pd.DataFrame:
    return _real("sp500_20")


@pytest.fixture(scope="session")
def sp500_index() -> pd.DataFrame:
    return _real("sp500_index")
