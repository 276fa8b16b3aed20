"""Which column of a file is which of ours: by name, whatever its case, or as the settings say."""

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from trading_hpo.errors import DataError, first_of
from trading_hpo.market.sources.config import ADJUSTED_CLOSE, BAR_COLUMNS
from trading_hpo.market.sources.origin import Origin
from trading_hpo.types import REGIME

_OF_TIME = ("date", "datetime", "time", "day", "open time", "open_time", "time_key", "dt", "ts")
OF_TIME_OF_DAY = ("time", "hour", "time of day")
# Columns that hold assets under another name. Read as nothing, they would make one series of many assets.
_OF_ASSETS = ("ticker", "symbol", "code", "instrument", "pair", "isin", "ric", "permno", "security", "coin", "contract")
_OF_NUMBERED_ASSETS = re.compile(r"(.*[ _.])?id|.*(permno|secid|gvkey|cusip|sedol|figi|code)", re.IGNORECASE)
_BEGINS_A_NUMBER = re.compile(r"\s*[-+]?[.,]?\d")
_NUMBERS = 0.9  # share of texts that begin as numbers do, from which on they are numbers
_SPELLINGS = {ADJUSTED_CLOSE: ("adjusted_close", "adj close", "adj_close", "adjclose", "adjusted close", "adj. close")}


def pick_columns(names: Sequence[str], origin: Origin) -> dict[str, str]:
    """Find the columns of bars, and the adjusted close where there is one, by ``columns`` or by their own names.

    Args:
        names: Of the file's columns.
        origin: The file, whose settings may give other names.

    Returns:
        Our name -> the file's.

    Raises:
        DataError: One that is needed or set is not there, or two have the same name.
    """
    picked, problems = {}, []
    asked = (REGIME,) if REGIME in origin.settings.columns else ()
    for ours in (*BAR_COLUMNS, ADJUSTED_CLOSE, *asked):
        found = _matching(names, origin.settings.columns.get(ours), _SPELLINGS.get(ours, (ours,)))
        if len(found) > 1:
            problems.append(
                f"{origin.path} must have one column for {ours!r}, has {first_of(map(repr, found))}. Name the one to "
                f"read in {origin.setting(f'columns.{ours}')}, or rename the others."
            )
        elif found:
            picked[ours] = found[0]
    needed = ["timestamp", "close", *origin.settings.columns]
    if origin.settings.adjusted:
        needed.append(ADJUSTED_CLOSE)
    problems += [_missing(ours, names, origin) for ours in dict.fromkeys(needed) if ours not in picked and not problems]
    if problems:
        raise DataError([*problems, *_wide(names, picked, origin)])
    return picked


def named_as_assets(names: Sequence[str], picked: dict[str, str]) -> list[str]:
    """Return columns whose names are those of assets and that were not asked for, the likeliest first."""
    if "asset" in picked:
        return []
    others = {name.strip().lower(): name for name in names if name not in picked.values()}
    return [others[word] for word in _OF_ASSETS if word in others]


def other_asset_columns(table: pd.DataFrame, picked: dict[str, str]) -> list[str]:
    """Return columns that may hold assets and were not asked for, the likeliest first.

    By name, or because words, or numbers named as identifiers, come again and again in them: whatever they are called,
    read as nothing they would make one series of several assets.
    """
    if "asset" in picked:
        return []
    named = named_as_assets([str(name) for name in table], picked)
    others = [str(name) for name in table if name not in picked.values() and name not in named]
    return [*named, *(name for name in others if _may_hold_assets(table[name]))]


def _may_hold_assets(column: pd.Series) -> bool:
    known = column.dropna()
    name, different = str(column.name).strip(), known.nunique()
    recurring = 2 <= different <= len(known) / 2 and 2 * len(known) >= len(column)
    if not recurring or name.lower() in (*_OF_TIME, *OF_TIME_OF_DAY):
        return False
    if pd.api.types.is_numeric_dtype(column) or known.astype("str").str.match(_BEGINS_A_NUMBER).mean() > _NUMBERS:
        return _OF_NUMBERED_ASSETS.fullmatch(name) is not None
    return pd.api.types.is_string_dtype(column) or isinstance(column.dtype, pd.CategoricalDtype)


def nameless(place: int) -> str:
    """Return what pandas calls a column without a name."""
    return f"Unnamed: {place}"


def _matching(names: Sequence[str], wanted: str | None, spellings: Sequence[str]) -> list[str]:
    """The name as it is set, else those that are alike but for case and blanks."""
    if wanted is not None:
        if wanted in names:
            return [name for name in names if name == wanted]
        spellings = [wanted.strip().lower()]
    return [name for name in names if name.strip().lower() in spellings]


def _missing(ours: str, names: Sequence[str], origin: Origin) -> str:
    likely = [name for name in names if ours == "timestamp" and name.strip().lower() in _OF_TIME]
    if ours == "timestamp" and not likely and names[0] == nameless(0):  # the index of a frame
        likely = [names[0]]
    guess = f" (probably {likely[0]})" if likely else ""
    header = f", or raise {origin.setting('skip_rows')} to where the header is" if origin.kind == "csv" else ""
    return (
        f"{origin.path} must have a column for {ours!r}, has {first_of(names)}. Name it in "
        f"{origin.setting(f'columns.{ours}')}{guess}{header}."
    )


def _wide(names: Sequence[str], picked: dict[str, str], origin: Origin) -> Iterator[str]:
    """A table with a column per asset has none of our columns but, maybe, the time."""
    stamps = [name for name in names if name in picked.values() or name.strip().lower() in _OF_TIME]
    others = [name for name in names if name not in stamps]
    if set(picked) <= {"timestamp"} and len(stamps) == 1 and len(others) > 1:
        yield (
            f"{origin.path} may have one column for each asset ({first_of(others, 3)}). Then make it long: "
            f"frame.melt({stamps[0]!r}, var_name='asset', value_name='close')."
        )
