"""Raw bars -> bars that later rooms may trust."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import pandera.errors

from trading_hpo.errors import DataError, did_you_mean
from trading_hpo.market.schema import BARS_SCHEMA
from trading_hpo.market.sources import BAR_COLUMNS, SourcesConfig

_NUMBERS = ("open", "high", "low", "close", "volume")
_RULES = {
    "greater_than(0)": "above 0",
    "less_than(inf)": "finite",
    "greater_than_or_equal_to(0)": "0 or more",
    "not_nullable": "a number",
}


def clean_bars(raw: pd.DataFrame, assets: str | Sequence[str], sources: SourcesConfig) -> pd.DataFrame:
    """Check the bars of the chosen assets and return them sorted by asset and time.

    **Looks ahead:** never; a bar is kept or refused, none is changed.

    Args:
        raw: Long table ``timestamp, asset, [open, high, low,] close [, volume]``.
        assets: ``"all"`` or symbols.
        sources: Gives ``max_missing_bars``.

    Returns:
        The same columns in their fixed order, numbers as float64.

    Raises:
        DataError: All problems at once, each with count, asset and first timestamp.
    """
    if raw.empty:
        raise DataError(["the source must hold bars, got an empty table."])
    bars = _chosen(raw, assets)
    problems = list(_order_problems(bars))
    bars = bars.sort_values(["asset", "timestamp"], kind="stable", ignore_index=True)
    problems += _gap_problems(bars, sources.max_missing_bars)
    bars, text_problems = _as_numbers(bars)
    problems += text_problems + _value_problems(bars)
    if problems:
        raise DataError(problems)
    return bars[[name for name in BAR_COLUMNS if name in bars]]


def _chosen(raw: pd.DataFrame, assets: str | Sequence[str]) -> pd.DataFrame:
    if assets == "all":
        return raw
    wanted = [assets] if isinstance(assets, str) else list(assets)
    known = sorted(raw["asset"].dropna().unique())
    absent = [name for name in wanted if name not in known]
    if absent:
        raise DataError([f"asset {name!r} is not in the source. {did_you_mean(name, known)}" for name in absent])
    return raw[raw["asset"].isin(wanted)]


def _order_problems(bars: pd.DataFrame) -> Iterator[str]:
    """Descending files are common and harmless; a mixture of both orders is a damaged file."""
    for asset, stamps in bars.groupby("asset", sort=True)["timestamp"]:
        repeated = stamps[stamps.duplicated()]
        if not repeated.empty:
            yield (
                f"timestamps must be unique per asset, got {len(repeated)} duplicates for {asset}, "
                f"first at {repeated.iloc[0]}. Remove them, or aggregate them to one bar."
            )
            continue
        steps = np.diff(pd.DatetimeIndex(stamps).asi8)
        back = np.flatnonzero(steps < 0 if (steps > 0).sum() >= (steps < 0).sum() else steps > 0)
        if len(back):
            yield (
                f"timestamps must be in one order per asset, got {len(back)} out of order for {asset}, "
                f"first at {stamps.iloc[back[0] + 1]}. Look at those bars, then sort the file by time."
            )


def _as_numbers(bars: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the bars whose numbers are numbers, and what is wrong with the others."""
    problems = []
    converted = bars.copy()
    legible = pd.Series(True, index=bars.index)
    for name in (name for name in _NUMBERS if name in bars):
        numbers = pd.to_numeric(bars[name], errors="coerce")
        text = numbers.isna() & bars[name].notna()
        if text.any():
            problems.append(_sentence(bars[text], name, "a number", bars.loc[text, name].iloc[0]))
        converted[name] = numbers.astype("float64")
        legible &= ~text
    return converted[legible], problems


def _value_problems(bars: pd.DataFrame) -> list[str]:
    problems = []
    try:
        BARS_SCHEMA.validate(bars, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        for (column, check), group in cases.groupby(["column", "check"], sort=True, dropna=False):
            rows = bars.loc[group["index"].dropna().astype(int)] if group["index"].notna().any() else bars.head(0)
            if column in _NUMBERS:
                problems.append(_sentence(rows, column, _RULES.get(check, check), group["failure_case"].iloc[0]))
            elif (column, check) == ("asset", "not_nullable"):
                first = rows.iloc[0]["timestamp"]
                problems.append(
                    f"asset must be named, got {len(rows)} bars without, first at {first}. "
                    "Fill that column or remove those bars."
                )
            elif check != "multiple_fields_uniqueness":  # duplicates were named with their asset already
                problems.append(f"{column}: {check}.")
    if {"high", "low"} <= set(bars):
        below = bars["high"] < bars["low"]
        if below.any():
            first = bars[below].iloc[0]
            problems.append(_sentence(bars[below], "high", f"at or above low ({first['low']})", first["high"]))
    return problems


def _sentence(rows: pd.DataFrame, column: str, rule: str, value: object) -> str:
    first = rows.iloc[0]
    counts = rows["asset"].value_counts()
    where = ", ".join(f"{asset} ({count})" for asset, count in counts.head(3).items())
    more = f" and {len(counts) - 3} more assets" if len(counts) > 3 else ""
    shown = repr(value) if isinstance(value, str) else value
    return (
        f"{column} must be {rule}, got {shown} in {len(rows)} bars of {where}{more}, first at {first['timestamp']}. "
        "Correct or remove those bars."
    )


def _gap_problems(bars: pd.DataFrame, max_missing_bars: int) -> Iterator[str]:
    calendar = pd.DatetimeIndex(bars["timestamp"].unique()).sort_values()
    assets = bars["asset"].unique()
    if len(calendar) > 2:
        steps = np.diff(calendar.asi8)
        missing = np.round(steps / np.median(steps)).astype(int) - 1
        widest = int(missing.argmax())
        if missing[widest] > max_missing_bars:
            yield _gap(
                assets[0] if len(assets) == 1 else "all assets",
                int(missing[widest]),
                calendar[widest],
                max_missing_bars,
            )
    position = pd.Series(np.arange(len(calendar)), index=calendar)
    for asset, stamps in bars.groupby("asset", sort=True)["timestamp"]:
        places = position.loc[stamps].to_numpy()
        missing = np.diff(places) - 1
        if len(missing) and missing.max() > max_missing_bars:
            widest = int(missing.argmax())
            yield _gap(str(asset), int(missing[widest]), stamps.iloc[widest], max_missing_bars)


def _gap(who: str, missing: int, after: pd.Timestamp, allowed: int) -> str:
    return (
        f"missing bars in a row must be at most {allowed}, got {missing} for {who} after {after}. "
        "Fill the source, drop the asset, or raise sources.max_missing_bars."
    )
