"""Which column of a file is which of ours: by name, whatever its case, or as the settings say."""

from collections.abc import Iterator, Sequence

from trading_hpo.errors import DataError, first_of
from trading_hpo.market.sources.config import ADJUSTED_CLOSE, BAR_COLUMNS, REGIME
from trading_hpo.market.sources.origin import Origin

_OF_TIME = ("date", "datetime", "time", "day", "open time", "open_time", "time_key", "dt", "ts")
# Columns that hold assets under another name. Read as nothing, they would make one series of many assets.
_OF_ASSETS = ("ticker", "symbol", "code", "instrument", "pair", "isin", "ric", "permno", "security", "coin", "contract")
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


def other_asset_columns(names: Sequence[str], picked: dict[str, str]) -> list[str]:
    """Return columns that may hold assets and were not asked for, the likeliest first."""
    if "asset" in picked:
        return []
    others = {name.strip().lower(): name for name in names if name not in picked.values()}
    return [others[word] for word in _OF_ASSETS if word in others]


def _matching(names: Sequence[str], wanted: str | None, spellings: Sequence[str]) -> list[str]:
    """The name as it is set, else those that are alike but for case and blanks."""
    if wanted is not None:
        if wanted in names:
            return [name for name in names if name == wanted]
        spellings = [wanted.strip().lower()]
    return [name for name in names if name.strip().lower() in spellings]


def _missing(ours: str, names: Sequence[str], origin: Origin) -> str:
    likely = [name for name in names if ours == "timestamp" and name.strip().lower() in _OF_TIME]
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
