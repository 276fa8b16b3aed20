"""Timestamps of a file -> UTC: nothing is guessed that could be read in two ways."""

import re
import warnings
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from trading_hpo.errors import DataError
from trading_hpo.market.sources.origin import Origin

EPOCHS = ("s", "ms", "us", "ns")
EXCEL = "excel"
_EXCEL_DAY_0 = pd.Timestamp("1899-12-30")  # its calendar has a 29 February 1900
_EARLIEST = pd.Timestamp("1900-01-01", tz="UTC")
_EPOCH_ENDS_1970 = pd.Timestamp("1971-01-01", tz="UTC")
_SLASHED = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-]\d{4}\b")


def to_utc(column: pd.Series, assets: pd.Series, origin: Origin) -> pd.Series:
    """Read the timestamps of a file.

    Args:
        column: As in the file: text, numbers or times.
        assets: Of the same rows; the order of a change of the clocks is that of one asset.
        origin: The file, whose settings give format, zone and what ambiguous times mean.

    Returns:
        ``datetime64[ns, UTC]``.

    Raises:
        DataError: A stamp cannot be read, or in two ways; it is before 1900 or after tomorrow; the unit of a Unix time
            is another; a local time exists twice or never.
    """
    stamps = _parsed(column, origin)
    if stamps.isna().any():
        first = int(stamps.isna().to_numpy().argmax())
        raise DataError(
            [
                f"{origin.path}: {int(stamps.isna().sum())} timestamps cannot be read, the first is "
                f"{column.iloc[first]!r} in {origin.line(first)}. Give {origin.setting('timestamp_format')}, or remove "
                "lines that are no bars."
            ]
        )
    if stamps.dt.tz is None:
        stamps = _localised(stamps, assets, origin)
    stamps = stamps.dt.tz_convert("UTC")
    _check_years(stamps, column, origin)
    return stamps.dt.as_unit("ns")


def _parsed(column: pd.Series, origin: Origin) -> pd.Series:
    form = origin.settings.timestamp_format
    if pd.api.types.is_datetime64_any_dtype(column):
        return column
    # Where the first is none there is no need to look at all.
    is_number = form in (*EPOCHS, EXCEL) or pd.notna(pd.to_numeric(column.head(1), errors="coerce")).all()
    numbers = pd.to_numeric(column, errors="coerce") if is_number else column
    if form in EPOCHS:
        # Seconds since 1970 in London are in no zone of the file's.
        return pd.to_datetime(numbers, unit=form, errors="coerce", utc=True)  # type: ignore[call-overload] # wants a literal
    if form == EXCEL:
        return pd.to_datetime(numbers, unit="D", origin=_EXCEL_DAY_0, errors="coerce").dt.round("s")
    if form is None and is_number and numbers.notna().all():  # pandas would take any number for nanoseconds since 1970
        raise _refusal(origin, f"{column.iloc[0]} is a number, give {_format_of(numbers)}")
    text = column.astype("str")
    if form is None and (read_twice := _day_or_month(text)) is not None:
        raise _refusal(
            origin,
            f"{read_twice!r} is one day if the month is first and another if the day is; give %m/%d/%Y or %d/%m/%Y",
        )
    return _as_text(text, form, origin)


def _as_text(text: pd.Series, form: str | None, origin: Origin) -> pd.Series:
    with warnings.catch_warnings(record=True) as guesses:
        warnings.simplefilter("always")
        try:
            stamps = pd.to_datetime(text, format=form, errors="coerce")
        except ValueError:  # offsets that differ, as on both sides of a change of the clocks
            try:
                stamps = pd.to_datetime(text, format=form, errors="coerce", utc=True)
            except ValueError as error:
                raise _refusal(origin, str(error)) from error
    if any("Could not infer format" in str(guess.message) for guess in guesses):
        # pandas would read every bar for itself: day and month may swap on the way
        raise _refusal(origin, f"{text.iloc[0]!r} has no format that pandas knows, give one such as %Y-%m-%d %H:%M")
    return stamps


def _refusal(origin: Origin, why: str) -> DataError:
    form = origin.settings.timestamp_format
    given = "null" if form is None else repr(form)
    return DataError(
        [f"{origin.setting('timestamp_format')} must fit the timestamps of {origin.path}, got {given}: {why}."]
    )


def _format_of(numbers: pd.Series) -> str:
    """The format that makes dates of some numbers: one of ours, if one alone does."""
    fitting = _fitting_units(numbers)
    if fitting:
        return " or ".join(fitting)
    return f"{', '.join(EPOCHS)}, {EXCEL} or a format such as %Y%m%d"


def _fitting_units(numbers: pd.Series) -> list[str]:
    """Formats that make dates from 1971 to tomorrow of numbers: those of 1970 are what too small a unit makes."""
    first, last = numbers.min(), numbers.max()
    found = [unit for unit in EPOCHS if _is_recent(first, last, unit)]
    if not found and first >= 19_000_101 and last < 30_000_000 and (numbers % 1 == 0).all():
        days = pd.to_datetime(numbers.astype("int64").astype("str"), format="%Y%m%d", errors="coerce")
        found = ["%Y%m%d"] if days.notna().all() else []
    if not found and first >= 9_000 and last < 80_000:
        found = [EXCEL]
    return found


def _is_recent(first: float, last: float, unit: str) -> bool:
    try:
        earliest, latest = (pd.Timestamp(value, unit=unit, tz="UTC") for value in (first, last))
    except (ValueError, OverflowError):
        return False
    return bool(earliest >= _EPOCH_ENDS_1970 and latest <= _tomorrow())


def _tomorrow() -> pd.Timestamp:
    return pd.Timestamp.now("UTC") + pd.Timedelta(days=1)


def _day_or_month(text: pd.Series) -> str | None:
    """The first date that is another one if day and month change places, unless some date of the file decides it."""
    if _SLASHED.search(str(text.iloc[0])) is None:
        return None
    parts = text.str.extract(_SLASHED).dropna()
    if len(parts) < len(text):
        return None
    first, second = parts[0].astype(int), parts[1].astype(int)
    differs = (first != second).to_numpy()
    if (first > 12).any() or (second > 12).any() or not differs.any():
        return None
    return str(text.iloc[int(differs.argmax())])


def _check_unit(stamps: pd.Series, origin: Origin) -> None:
    """Times that a program has made of numbers in another unit lie within days of 1970."""
    if not (stamps < _EPOCH_ENDS_1970).all():
        return
    fitting = [unit for unit in _fitting_units(stamps.dt.as_unit("ns").astype("int64")) if unit in EPOCHS]
    if fitting:
        raise DataError(
            [
                f"{origin.path}: timestamps must not all be of 1970, got {stamps.min()} to {stamps.max()}, which are "
                f"numbers in {fitting[0]} that were read as ns. Save them as pandas.to_datetime(stamps.astype("
                f"'datetime64[ns]').astype('int64'), unit={fitting[0]!r})."
            ]
        )


def _check_years(stamps: pd.Series, column: pd.Series, origin: Origin) -> None:
    """A stamp of another century is another unit, a placeholder or a misread format."""
    if origin.settings.timestamp_format not in EPOCHS:
        _check_unit(stamps, origin)
    wrong = ((stamps < _EARLIEST) | (stamps > _tomorrow())).to_numpy()
    # Seconds that are read as milliseconds are days of 1970.
    in_1970 = bool(not wrong.any() and origin.settings.timestamp_format in EPOCHS and (stamps < _EPOCH_ENDS_1970).all())
    if not wrong.any() and not in_1970:
        return
    numbers = column if pd.api.types.is_datetime64_any_dtype(column) else pd.to_numeric(column, errors="coerce")
    is_number = pd.api.types.is_numeric_dtype(numbers) and numbers.notna().all()
    first = 0 if in_1970 else int(wrong.argmax())
    count = len(stamps) if in_1970 else int(wrong.sum())
    said = (
        f"{origin.path}: timestamps must be between 1900 and tomorrow{', and not all in 1970' if in_1970 else ''}, got "
        f"{count} others, the first is {column.iloc[first]!r} in {origin.line(first)}, read as {stamps.iloc[first]}."
    )
    fitting = _fitting_units(numbers) if is_number else []
    remedy = (
        f"Set {origin.setting('timestamp_format')} to {fitting[0]}." if fitting else "Correct or remove those bars."
    )
    raise DataError([f"{said} {remedy}"])


def _localised(stamps: pd.Series, assets: pd.Series, origin: Origin) -> pd.Series:
    """Local times of ``timezone`` -> times that exist once."""
    zone, mode = origin.settings.timezone, origin.settings.clock_changes
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise DataError(
            [f"{origin.setting('timezone')} must be a zone such as Europe/Berlin or America/New_York, got {zone!r}."]
        ) from error
    known = stamps.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    unclear = known.isna().to_numpy()
    if not unclear.any():
        return known
    collide = _left_out_hour_collides(stamps, assets, zone)
    if mode == "refuse" or collide:
        raise _unclear_times(stamps, unclear, collide, origin)
    if mode != "infer":
        return stamps.dt.tz_localize(zone, ambiguous=[mode == "summer"] * len(stamps), nonexistent="shift_forward")
    return _by_order(stamps, assets, origin)


def _by_order(stamps: pd.Series, assets: pd.Series, origin: Origin) -> pd.Series:
    """The same hour twice in the order of one asset: summer time first."""
    parts = []
    for _, own in stamps.groupby(assets.to_numpy(), sort=False, dropna=False):
        backwards = len(own) > 1 and own.iloc[0] > own.iloc[-1]
        ordered = own.iloc[::-1] if backwards else own
        try:
            parts.append(
                ordered.dt.tz_localize(origin.settings.timezone, ambiguous="infer", nonexistent="shift_forward")
            )
        except ValueError as error:
            raise DataError(
                [
                    f"{origin.path}: the order of its bars does not show which are before and which after a change of "
                    f"the clocks ({error}). Set {origin.setting('clock_changes')} to summer or winter, or write times "
                    "in UTC."
                ]
            ) from error
    return pd.concat(parts).reindex(stamps.index)


def _left_out_hour_collides(stamps: pd.Series, assets: pd.Series, zone: str) -> bool:
    """Whether an asset has bars in an hour that clocks leave out, and in the next, which those would become."""
    once = [True] * len(stamps)
    moved = stamps.dt.tz_localize(zone, ambiguous=once, nonexistent="shift_forward")
    never = stamps.dt.tz_localize(zone, ambiguous=once, nonexistent="NaT").isna()
    return bool((pd.DataFrame({"asset": assets, "stamp": moved}).duplicated(keep=False) & never).any())


def _unclear_times(stamps: pd.Series, unclear: np.ndarray, collide: bool, origin: Origin) -> DataError:
    first = int(unclear.argmax())
    said = (
        f"{origin.path}: {int(unclear.sum())} timestamps exist twice or never in {origin.settings.timezone}, where "
        f"clocks are changed, the first is {stamps.iloc[first]} in {origin.line(first)}. Correct "
        f"{origin.setting('timezone')}"
    )
    if collide:
        return DataError([f"{said}: there are bars in an hour that clocks leave out."])
    return DataError(
        [
            f"{said}, or set {origin.setting('clock_changes')}: infer takes an hour that comes twice for summer, then "
            "winter time; summer and winter take all for one of them. A time that never was becomes the next that was."
        ]
    )
