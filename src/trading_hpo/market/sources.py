"""Where bars come from: data sets that installed packages carry, or a user's own files."""

import hashlib
import logging
import warnings
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field, field_validator

from trading_hpo.configuration import Config
from trading_hpo.errors import DataError, did_you_mean

BAR_COLUMNS = ("timestamp", "asset", "open", "high", "low", "close", "volume")
MUCH = 1.2  # a calendar of other trading days or hours, not a year with more holidays
_EPOCHS = ("s", "ms", "us", "ns")
SP500_FROM = "2005-01-01"  # prices are rounded to three decimals: early adjusted ones are mostly rounding


logger = logging.getLogger(__name__)


class FileSource(Config):
    """A user's own bars: one long table, or a folder with one file per asset."""

    path: str | None = Field(default=None, description="A file, or a folder of files named <asset>.csv or .parquet")
    bars_per_year: float | None = Field(
        default=None, gt=0, description="252 for daily stocks, 8760 for hourly crypto; null: as many as the stamps show"
    )
    columns: dict[str, str] = Field(default_factory=dict, description="our column name -> name in the file")
    timestamp_format: str | None = Field(
        default=None, description="strptime format, or s, ms, us, ns for a Unix time; null lets pandas read it"
    )
    timezone: str = Field(default="UTC", description="of timestamps that carry none")
    skip_rows: int = Field(default=0, ge=0, description="lines before the header (CSV)")

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in BAR_COLUMNS:
                raise ValueError(f"{name!r} is not a column of bars. {did_you_mean(name, BAR_COLUMNS)}")
        return columns


class SourcesConfig(Config):
    """Settings of the sources that read a user's files, and how long a hole in the data may be."""

    csv: FileSource = FileSource()
    parquet: FileSource = FileSource()
    max_missing_bars: int = Field(default=10, ge=0, description="longest run of missing bars of one asset")


class _PackagedSource(Config):
    package: str
    file: str
    read: Callable[[Path], pd.DataFrame]
    bars_per_year: float = 252.0


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
    "sp500_20": _PackagedSource(package="skfolio", file="skfolio/datasets/data/sp500_dataset.csv.gz", read=_sp500_20),
    "us_tech_ohlcv": _PackagedSource(
        package="bokeh_sampledata", file="bokeh_sampledata/_data/stocks.csv.gz", read=_us_tech_ohlcv
    ),
    "sp500_index": _PackagedSource(package="arch", file="arch/data/sp500/sp500.csv.gz", read=_index("SP500")),
    "nasdaq_index": _PackagedSource(package="arch", file="arch/data/nasdaq/nasdaq.csv.gz", read=_index("NASDAQ")),
}
FILE_SOURCES = ("csv", "parquet")
SOURCES = (*PACKAGED, *FILE_SOURCES)


def read_source(source: str, sources: SourcesConfig) -> pd.DataFrame:
    """Read the bars of a source as they are, before any check of their values.

    Args:
        source: One of ``SOURCES``.
        sources: Settings of the file sources.

    Returns:
        Long table with ``timestamp`` (UTC), ``asset``, ``close`` and the other bar columns the source has.

    Raises:
        DataError: The file is absent, empty, or lacks a column; a timestamp cannot be read.
    """
    paths = source_files(source, sources)
    if source in PACKAGED:
        table = PACKAGED[source].read(paths[0])
        table["timestamp"] = table["timestamp"].dt.tz_localize("UTC")
        return _in_column_order(table)
    settings: FileSource = getattr(sources, source)
    # A folder gives each file's name as its asset; a single file without an asset column does the same.
    tables = [_read_file(path, source, settings) for path in paths]
    return _in_column_order(pd.concat(tables, ignore_index=True))


def source_files(source: str, sources: SourcesConfig) -> list[Path]:
    """Return the files a source is read from.

    Raises:
        DataError: The path is not set, does not exist, or a folder holds no file of the kind.
    """
    if source in PACKAGED:
        packaged = PACKAGED[source]
        return [Path(str(distribution(packaged.package).locate_file(packaged.file)))]
    if source not in FILE_SOURCES:
        raise DataError([f"source {source!r} is unknown. {did_you_mean(source, SOURCES)}"])
    settings: FileSource = getattr(sources, source)
    if settings.path is None:
        raise DataError([f"sources.{source}.path must name a file or folder, got null. Add it to --params."])
    path = Path(settings.path).expanduser()
    if not path.exists():
        raise DataError([f"sources.{source}.path must exist, got {settings.path!r}."])
    if path.is_file():
        return [path]
    suffixes = (".csv", ".csv.gz") if source == "csv" else (".parquet",)
    files = sorted(child for child in path.iterdir() if child.name.endswith(suffixes))
    if not files:
        raise DataError([f"folder {settings.path!r} must hold {' or '.join(suffixes)} files, found none."])
    return files


def bars_per_year(source: str, sources: SourcesConfig, stamps: pd.DatetimeIndex) -> float:
    """Return how many bars of the calendar make a year: as many as is set, else as its stamps show.

    Args:
        source: Its name.
        sources: Their settings; one that the stamps contradict is used all the same, with a warning.
        stamps: Of all assets' bars, each once.
    """
    years = (stamps.max() - stamps.min()) / pd.Timedelta(days=365.25)
    shown = (len(stamps) - 1) / years if years > 0 else None
    stated = PACKAGED[source].bars_per_year if source in PACKAGED else getattr(sources, source).bars_per_year
    if stated is None:
        return shown or 1.0
    if shown is not None and not 1 / MUCH < shown / stated < MUCH:
        logger.warning(
            "sources.%s.bars_per_year is %g, and the %d bars from %s to %s are %.0f a year. Correct it, or leave it "
            "out: Sharpe, volatility and turnover are annualised by it.",
            source,
            stated,
            len(stamps),
            stamps.min().date(),
            stamps.max().date(),
            shown,
        )
    return float(stated)


def source_fingerprint(source: str, sources: SourcesConfig) -> str:
    """Return a digest of the source's files and of how they are read."""
    digest = hashlib.sha256(source.encode())
    if source in FILE_SOURCES:
        digest.update(getattr(sources, source).model_dump_json().encode())
    for path in source_files(source, sources):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_file(path: Path, kind: Literal["csv", "parquet"] | str, settings: FileSource) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, skiprows=settings.skip_rows) if kind == "csv" else pd.read_parquet(path)
    except pd.errors.EmptyDataError as error:
        raise DataError([f"{path} must hold bars, got an empty file."]) from error
    except (ValueError, OSError, EOFError) as error:
        raise DataError([f"{path} cannot be read as {kind}: {str(error).splitlines()[0]}."]) from error
    if kind == "parquet" and "timestamp" not in table and isinstance(table.index, pd.DatetimeIndex):
        table = table.rename_axis(settings.columns.get("timestamp", "timestamp")).reset_index()
    theirs = {name.lower(): name for name in table.columns.astype(str)}
    picked = {name: theirs.get(settings.columns.get(name, name).lower()) for name in BAR_COLUMNS}
    missing = [name for name in ("timestamp", "close") if picked[name] is None]
    missing += [name for name in settings.columns if picked[name] is None and name not in missing]
    if missing:
        header = f", or raise sources.{kind}.skip_rows to where the header is" if kind == "csv" else ""
        raise DataError(
            [
                f"{path} must have a column for {name!r}, has {', '.join(map(str, table.columns))}. "
                f"Name it in sources.{kind}.columns.{name}{header}."
                for name in missing
            ]
        )
    table = pd.DataFrame({name: table[column] for name, column in picked.items() if column is not None})
    if table.empty:
        raise DataError([f"{path} must hold bars, got an empty table."])
    if "asset" not in table:
        table["asset"] = path.name.split(".")[0]
    table["asset"] = table["asset"].astype(str)
    table["timestamp"] = _timestamps(table["timestamp"], path, kind, settings)
    return table


def _timestamps(column: pd.Series, path: Path, kind: str, settings: FileSource) -> pd.Series:
    try:
        stamps = _parsed(column, settings.timestamp_format).dt.as_unit("ns")
    except ValueError as error:
        given = "null" if settings.timestamp_format is None else repr(settings.timestamp_format)
        rule = f"sources.{kind}.timestamp_format must fit the timestamps of {path}, got {given}"
        raise DataError([f"{rule}: {error}."]) from error
    if stamps.isna().any():
        first = column[stamps.isna()].iloc[0]
        raise DataError(
            [
                f"{path}: {int(stamps.isna().sum())} timestamps cannot be read, the first is {first!r}. "
                f"Give sources.{kind}.timestamp_format."
            ]
        )
    if stamps.dt.tz is None:
        try:
            stamps = stamps.dt.tz_localize(settings.timezone)
        except Exception as error:  # zoneinfo and pandas raise their own kinds for zones and for clock changes
            raise DataError([f"{path}: timestamps do not fit sources.{kind}.timezone: {error}."]) from error
    return stamps.dt.tz_convert("UTC")


def _parsed(column: pd.Series, form: str | None) -> pd.Series:
    if form in _EPOCHS:
        return pd.to_datetime(column, unit=form, errors="coerce")  # type: ignore[call-overload] # wants a literal
    if pd.api.types.is_numeric_dtype(column):
        if form is None:  # pandas would take any number for nanoseconds since 1970
            raise ValueError(f"{column.iloc[0]} is a number, give {', '.join(_EPOCHS)} or a format such as %Y%m%d")
        column = column.astype(str)
    with warnings.catch_warnings(record=True) as guesses:
        warnings.simplefilter("always")
        try:
            stamps = pd.to_datetime(column, format=form, errors="coerce")
        except ValueError:  # offsets that differ, as on both sides of a change of the clocks
            stamps = pd.to_datetime(column, format=form, errors="coerce", utc=True)
    if any("Could not infer format" in str(guess.message) for guess in guesses):
        # pandas would read every bar for itself: day and month may swap on the way
        raise ValueError(f"{column.iloc[0]!r} has no format that pandas knows, give one such as %Y-%m-%d %H:%M")
    return stamps


def _in_column_order(table: pd.DataFrame) -> pd.DataFrame:
    table["timestamp"] = table["timestamp"].astype("datetime64[ns, UTC]")
    return table[[name for name in BAR_COLUMNS if name in table]]
