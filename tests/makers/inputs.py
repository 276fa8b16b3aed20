"""A table of inputs: what is in the file, how it is read, what comes of it, and what helps."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trading_hpo.market.bars import clean_bars
from trading_hpo.market.sources.config import CsvSource, FileSource, SourcesConfig
from trading_hpo.market.sources.read import read_source

Edit = Callable[[pd.DataFrame], pd.DataFrame]


def good_bars(n: int = 60, asset: str = "AAA", seed: int = 0, level: float = 1000.0, step: str = "D") -> pd.DataFrame:
    """Bars of one asset, prices in cents, from 2020-01-01 on, with a date as text."""
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    opened = close * np.exp(rng.normal(0, 0.003, n))
    spread = rng.uniform(0.001, 0.004, (2, n))
    stamps = pd.date_range("2020-01-01", periods=n, freq=step)
    return pd.DataFrame(
        {
            "timestamp": stamps.strftime("%Y-%m-%d" if step == "D" else "%Y-%m-%d %H:%M"),
            "asset": asset,
            "open": opened.round(2),
            "high": (np.maximum(opened, close) * (1 + spread[0])).round(2),
            "low": (np.minimum(opened, close) * (1 - spread[1])).round(2),
            "close": close.round(2),
            "volume": rng.integers(1_000, 2_000, n),
        }
    )


def csv(frame: pd.DataFrame | None = None, edit: Edit | None = None, encoding: str = "utf-8", **options: Any) -> bytes:
    """The good bars, edited, as a CSV file."""
    bars = good_bars() if frame is None else frame
    text = (edit(bars) if edit else bars).to_csv(index=False, **options)
    return text.encode(encoding)


def lines(edit: Callable[[list[str]], list[str]], content: bytes | None = None) -> bytes:
    """A CSV file whose lines are edited."""
    text = (csv() if content is None else content).decode()
    return "".join(f"{line}\n" for line in edit(text.splitlines())).encode()


@dataclass(frozen=True)
class Input:
    """One input.

    Attributes:
        name: What it is.
        files: Name -> content; one file is the source's path, several are its folder.
        settings: Of the source, and ``repeated_bars`` or ``max_missing_bars`` of all sources.
        refused: Part of the sentence that refuses it.
        warned: Part of the warning with which it is read.
        then: Settings that help, or files put right.
        becomes: The bars it is in the end, if not the good ones.
    """

    name: str
    files: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    refused: str | None = None
    warned: str | None = None
    then: Mapping[str, Any] | None = None
    becomes: pd.DataFrame | None = None

    @property
    def kind(self) -> str:
        return "parquet" if all(name.endswith(".parquet") for name in self.files) else "csv"

    def read(self, folder: Path, helped: bool = False) -> pd.DataFrame:
        """Write the files and read them to clean bars, after the remedy if wanted."""
        files, settings = dict(self.files), dict(self.settings)
        if helped:
            assert self.then is not None
            changed = {name: value for name, value in self.then.items() if "." in name}
            files = {name: content for name, content in (files | changed).items() if content is not None}
            settings |= {name: value for name, value in self.then.items() if "." not in name}
        for name in self.files:
            (folder / name).unlink(missing_ok=True)
        for name, content in files.items():
            _write(folder / name, content)
        general = {name: settings.pop(name) for name in ("repeated_bars", "max_missing_bars") if name in settings}
        path = folder / next(iter(files)) if len(files) == 1 else folder
        own = (CsvSource if self.kind == "csv" else FileSource)(path=str(path), **settings)
        sources = SourcesConfig(**{self.kind: own}, **general)
        return clean_bars(read_source(self.kind, sources), "all", sources, self.kind)


def expected(bars: pd.DataFrame | None) -> pd.DataFrame:
    """Bars as they come out of a file that holds them."""
    every = good_bars() if bars is None else bars
    numbers = [name for name in every if name not in ("timestamp", "asset")]
    stamps = pd.to_datetime(every["timestamp"], utc=True).dt.as_unit("ns")
    return every.assign(timestamp=stamps, **{name: every[name].astype(float) for name in numbers}).sort_values(
        ["asset", "timestamp"], ignore_index=True
    )


def _write(path: Path, content: Any) -> None:
    if isinstance(content, pd.DataFrame):
        content.to_parquet(path)
    else:
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
