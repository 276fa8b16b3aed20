"""A file -> its table, before its columns mean anything: what cannot be read is refused with the setting that helps."""

import re
import zlib
from collections.abc import Sequence
from typing import Any

import pandas as pd

from trading_hpo.errors import DataError, first_of
from trading_hpo.market.sources.columns import nameless
from trading_hpo.market.sources.config import CsvSource
from trading_hpo.market.sources.origin import Origin

# Words for "no value" among numbers. In a column of names they are names: NA is a ticker.
_NO_NUMBER = ("", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>", "#N/A", "#NA")
_SEPARATORS = (";", "\t", "|", ",")
_OF_ASSETS = ("ticker", "tickers", "symbol", "symbols")  # what the second line of a header begins with
_TOO_MANY = re.compile(r"Expected (\d+) fields in line (\d+), saw (\d+)")
_BEGINS_A_NUMBER = re.compile(r"\s*[-+]?\.?\d")


def header(origin: Origin) -> list[str]:
    """Return the names of a CSV file's columns.

    Raises:
        DataError: The file is empty, damaged, encoded or separated in another way, or its header has several lines.
    """
    first = _read_csv(origin, header=None, nrows=5, dtype=str, keep_default_na=False)
    names, second = first.iloc[0].tolist(), first.iloc[1].tolist() if len(first) > 1 else []
    problem = _other_separator(names, origin) or _several_lines(second, origin)
    if any("\x00" in name for name in names):
        problem = _other_encoding(origin)
    if problem:
        raise DataError([problem])
    return [name or nameless(place) for place, name in enumerate(map(str, names))]


def read_csv(origin: Origin, names: Sequence[str], as_text: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file: columns of numbers as numbers where they are written plainly, everything else as text.

    Args:
        origin: The file.
        names: Its header.
        as_text: Columns that are names or stamps.
    """
    settings = origin.settings
    assert isinstance(settings, CsvSource)
    others = [name for name in names if name not in as_text]
    plain = settings.decimal == "." and settings.thousands is None
    return _read_csv(
        origin,
        dtype=dict.fromkeys(as_text if plain else names, str),
        keep_default_na=False,
        na_values=dict.fromkeys(others, _NO_NUMBER),
        low_memory=False,  # one type per column, not one per piece of it
    )


def read_parquet(origin: Origin) -> pd.DataFrame:
    """Read a Parquet file, with what its index holds as columns.

    Raises:
        DataError: The file is none, or its columns have several levels.
    """
    try:
        table = pd.read_parquet(origin.path)
    except (ValueError, OSError, EOFError) as error:
        raise DataError([_unreadable(origin, error)]) from error
    if table.columns.nlevels > 1:
        raise DataError(
            [
                f"{origin.path} has columns of {table.columns.nlevels} levels, such as {table.columns[0]!r}. Save it "
                "with one: frame.stack(level, future_stack=True), where level is that of the assets, makes a row per "
                "bar and asset."
            ]
        )
    if isinstance(table.index, pd.DatetimeIndex) and "timestamp" not in table:
        return table.rename_axis(origin.settings.columns.get("timestamp", "timestamp")).reset_index()
    # What stands in a column, too, is read from there.
    named = [name for name in table.index.names if name is not None and name not in table]
    return table.reset_index(level=named).reset_index(drop=True) if named else table.reset_index(drop=True)


def _read_csv(origin: Origin, **options: Any) -> pd.DataFrame:
    settings = origin.settings
    assert isinstance(settings, CsvSource)
    try:
        return pd.read_csv(
            origin.path, skiprows=settings.skip_rows, sep=settings.separator, encoding=settings.encoding, **options
        )
    except pd.errors.EmptyDataError as error:
        raise DataError([f"{origin.path} must hold bars, got an empty file."]) from error
    except UnicodeError as error:
        raise DataError([_other_encoding(origin)]) from error
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError([_unreadable(origin, error)]) from error


def _unreadable(origin: Origin, error: Exception) -> str:
    said = str(error).splitlines()[0]
    if found := _TOO_MANY.search(said):
        expected, line, seen = found.groups()
        said = (
            f"line {line} has {seen} columns, those before have {expected}. Correct that line, or set "
            f"{origin.setting('skip_rows')} to the lines before the header, or {origin.setting('separator')} where "
            "numbers have a decimal comma"
        )
    return f"{origin.path} cannot be read as {origin.kind}: {said}."


def _encoding(origin: Origin) -> str:
    assert isinstance(origin.settings, CsvSource)
    return origin.settings.encoding


def _other_encoding(origin: Origin) -> str:
    """Two zero bytes of four are what UTF-16 makes of Latin letters, with a mark before them or without."""
    beginning, tried = origin.path.read_bytes()[:4], _encoding(origin)
    said = f"{origin.path} cannot be read as csv: it is not encoded in {tried}."
    if beginning == b"PK\x03\x04":
        return f"{said} It is a spreadsheet or an archive: save it as CSV."
    marked = beginning.startswith((b"\xff\xfe", b"\xfe\xff"))
    other = "utf-16" if marked else "utf-16-le" if beginning[1::2] == b"\0\0" else "cp1252"
    advice = f"probably to {other}" if other != tried else "to that of the program that has written it"
    return f"{said} Set {origin.setting('encoding')}, {advice}."


def _other_separator(names: Sequence[str], origin: Origin) -> str | None:
    if len(names) > 1:
        return None
    for separator in _SEPARATORS:
        if separator in names[0]:
            shown = "tab" if separator == "\t" else repr(separator)
            return (
                f"{origin.path} has one column, {first_of([names[0]])}. Set {origin.setting('separator')} to {shown} "
                "in globals.yml."
            )
    return None


def _several_lines(second: Sequence[str], origin: Origin) -> str | None:
    """A frame whose columns have several levels is written with a line for each, and one for the index."""
    if len(second) < 3 or (second[0].lower() not in _OF_ASSETS and any(map(_BEGINS_A_NUMBER.match, second))):
        return None
    return (
        f"{origin.path}: {origin.line(0)} belongs to the header ({first_of(filter(None, second))}), which must be one "
        "line. Read the file by pandas.read_csv(path, header=[0, 1], index_col=0), stack the level of the assets, and "
        "save that."
    )
