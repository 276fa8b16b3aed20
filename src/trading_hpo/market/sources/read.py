"""A source -> its bars as they are, one long table in UTC."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from trading_hpo.errors import DataError, did_you_mean, first_of
from trading_hpo.market.sources.assets import asset_names, shared_assets
from trading_hpo.market.sources.columns import (
    OF_TIME_OF_DAY,
    named_as_assets,
    other_asset_columns,
    pick_columns,
)
from trading_hpo.market.sources.config import (
    ADJUSTED_CLOSE,
    FILE_SOURCES,
    PRICES,
    TABLE_COLUMNS,
    FileSource,
    SourcesConfig,
)
from trading_hpo.market.sources.numbers import to_numbers
from trading_hpo.market.sources.origin import Origin
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.market.sources.stamps import to_utc
from trading_hpo.market.sources.tables import header, read_csv, read_parquet
from trading_hpo.types import REGIME

SOURCES = (*PACKAGED, *FILE_SOURCES)

logger = logging.getLogger(__name__)


def read_source(source: str, sources: SourcesConfig) -> pd.DataFrame:
    """Read the bars of a source as they are, before any check of their values.

    Args:
        source: One of ``SOURCES``.
        sources: Settings of the file sources.

    Returns:
        Long table with ``timestamp`` (UTC), ``asset``, ``close`` and the other bar columns the source has.

    Raises:
        DataError: A file is absent, empty, damaged or read by other settings than it needs; with file, line, setting.
    """
    paths = source_files(source, sources)
    if source in PACKAGED:
        table = PACKAGED[source].read(paths[0])
        table["timestamp"] = table["timestamp"].dt.tz_localize("UTC")
        return _in_column_order(table)
    tables, problems = [], []
    for path in paths:
        try:
            tables.append(_read_file(Origin(path, source, getattr(sources, source))))
        except DataError as error:
            problems += error.problems
    if not problems:
        problems = [*_lacking_columns(tables, paths), *shared_assets(tables, paths)]
    if problems:
        raise DataError(problems)
    return _in_column_order(pd.concat(tables, ignore_index=True))


def source_files(source: str, sources: SourcesConfig) -> list[Path]:
    """Return the files a source is read from.

    Raises:
        DataError: The path is not set, does not exist, or a folder holds no file of the kind.
    """
    if source in PACKAGED:
        return [PACKAGED[source].path]
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
    visible = (child for child in path.iterdir() if not child.name.startswith("."))
    files = sorted(child for child in visible if child.name.lower().endswith(suffixes))
    if not files:
        raise DataError([f"folder {settings.path!r} must hold {' or '.join(suffixes)} files, found none."])
    return files


def source_fingerprint(source: str, sources: SourcesConfig) -> str:
    """Return a digest of the source's files and of how they are read."""
    digest = hashlib.sha256(source.encode())
    if source in FILE_SOURCES:
        digest.update(getattr(sources, source).model_dump_json().encode())
    for path in source_files(source, sources):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_file(origin: Origin) -> pd.DataFrame:
    raw, picked = _raw_table(origin)
    if raw.empty:
        raise DataError([f"{origin.path} must hold bars, got an empty table."])
    others = [] if origin.settings.one_asset else other_asset_columns(raw, picked)
    table = pd.DataFrame({"asset": asset_names(raw, picked.get("asset"), others, origin)})
    table["timestamp"] = to_utc(raw[picked["timestamp"]], table["asset"], origin)
    problems = [*_time_apart(table, raw, origin)]
    if REGIME in picked:
        table[REGIME] = _labels(raw[picked[REGIME]])
    for name in (name for name in picked if name not in table):
        table[name], wrong = to_numbers(raw[picked[name]], name, origin)
        problems += wrong
    if problems:
        raise DataError(problems)
    return _adjusted(table, origin)


def _raw_table(origin: Origin) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table as in the file, and our names of its columns."""
    raw = read_parquet(origin).rename(columns=str) if origin.kind == "parquet" else None
    names = header(origin) if raw is None else [str(name) for name in raw]
    picked = pick_columns(names, origin)
    if raw is None:
        as_text = [picked[name] for name in ("timestamp", "asset", REGIME) if name in picked]
        raw = read_csv(origin, names, [*as_text, *named_as_assets(names, picked)])
    return raw, picked


def _time_apart(table: pd.DataFrame, raw: pd.DataFrame, origin: Origin) -> Iterator[str]:
    """Days are read as timestamps, and the time of day stands beside them."""
    times = [name for name in raw if str(name).strip().lower() in OF_TIME_OF_DAY]
    if times and table.duplicated().any():
        yield f"{origin.path} has the time of day in a column of its own, {times[0]!r}. Write both into the timestamp."


def _adjusted(table: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    """Scale prices by the adjusted close, or say that there is one that differs."""
    if ADJUSTED_CLOSE not in table:
        return table
    factor = table[ADJUSTED_CLOSE] / table["close"]
    if origin.settings.adjusted:
        prices = [name for name in PRICES if name in table]
        return table.assign(**{name: table[name] * factor for name in prices}).drop(columns=ADJUSTED_CLOSE)
    differs = (factor - 1).abs() > 0.001
    if differs.any():
        logger.warning(
            "%s has an adjusted close that differs from the close in %d bars, first in %s: splits and dividends will "
            "look like moves of the price. Set %s=true to scale prices by it.",
            origin.path,
            int(differs.sum()),
            origin.line(int(differs.to_numpy().argmax())),
            origin.setting("adjusted"),
        )
    return table.drop(columns=ADJUSTED_CLOSE)


def _lacking_columns(tables: list[pd.DataFrame], paths: list[Path]) -> list[str]:
    """A column that some files of a folder have and others lack."""
    problems = []
    for name in TABLE_COLUMNS:
        lacking = [path for table, path in zip(tables, paths, strict=True) if name not in table]
        if 0 < len(lacking) < len(paths):
            having = next(path for path in paths if path not in lacking)
            problems.append(
                f"files of a folder must have the same columns, got {name!r} in {having.name} and not in "
                f"{first_of(path.name for path in lacking)}. Add it to them, or remove it from the others."
            )
    return problems


def _in_column_order(table: pd.DataFrame) -> pd.DataFrame:
    table["timestamp"] = table["timestamp"].astype("datetime64[ns, UTC]")
    return table[[name for name in TABLE_COLUMNS if name in table]]


def _labels(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Return labels as text, a whole number without its point; a label of blanks is none."""
    text = column.map(
        lambda label: f"{label:g}" if isinstance(label, float) else str(label).strip(), na_action="ignore"
    )
    return text.where(text != "").astype("str")
