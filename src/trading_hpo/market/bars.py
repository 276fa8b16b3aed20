"""Raw bars -> bars that later rooms may trust."""

import logging
from collections.abc import Sequence

import pandas as pd
import pandera.errors

from trading_hpo.errors import DataError, did_you_mean
from trading_hpo.market.checks.gaps import gap_problems
from trading_hpo.market.checks.jumps import jump_warnings
from trading_hpo.market.checks.order import alternation_problems, order_problems
from trading_hpo.market.checks.prices import range_problems
from trading_hpo.market.checks.regimes import regime_problems
from trading_hpo.market.checks.repeats import without_repeats
from trading_hpo.market.checks.schema import BARS_SCHEMA
from trading_hpo.market.checks.wording import must_be
from trading_hpo.market.sources.config import FILE_SOURCES, TABLE_COLUMNS, SourcesConfig

_NUMBERS = ("open", "high", "low", "close", "volume")
_RULES = {
    "greater_than(0)": "above 0",
    "less_than(inf)": "finite",
    "greater_than_or_equal_to(0)": "0 or more",
    "not_nullable": "a number",
}

logger = logging.getLogger(__name__)


def clean_bars(
    raw: pd.DataFrame, assets: str | Sequence[str], sources: SourcesConfig, source: str | None = None
) -> pd.DataFrame:
    """Check the bars of the chosen assets and return them sorted by asset and time.

    **Looks ahead:** never; a bar is kept, refused, or dropped because it repeats the one before; none is changed.

    Args:
        raw: Long table ``timestamp, asset, [open, high, low,] close [, volume] [, regime]``.
        assets: ``"all"`` or symbols.
        sources: Gives ``max_missing_bars`` and ``repeated_bars``.
        source: Name of the one that the bars are from: in its time zone weekends are judged.

    Returns:
        The same columns in their fixed order, numbers as float64. What is unusual is a warning.

    Raises:
        DataError: All problems at once, each with count, asset and first timestamp.
    """
    if raw.empty:
        raise DataError(["the source must hold bars, got an empty table."])
    bars = _chosen(raw, assets)
    problems = list(order_problems(bars))
    bars = bars.sort_values(["asset", "timestamp"], kind="stable", ignore_index=True)
    numeric, text_problems = _as_numbers(bars)
    values = [*text_problems, *_value_problems(numeric), *range_problems(numeric)]
    if not problems and not values:  # of bars that are none it means nothing that they repeat or alternate
        zone = getattr(sources, source).timezone if source in FILE_SOURCES else "UTC"
        bars, problems = without_repeats(numeric, sources.repeated_bars, zone)
        problems += alternation_problems(bars)
    problems += [*gap_problems(bars, sources.max_missing_bars), *values, *regime_problems(bars)]
    if problems:
        raise DataError(problems)
    for sentence in jump_warnings(bars):
        logger.warning(sentence)
    return bars[[name for name in TABLE_COLUMNS if name in bars]]


def _chosen(raw: pd.DataFrame, assets: str | Sequence[str]) -> pd.DataFrame:
    if assets == "all":
        return raw
    wanted = [assets] if isinstance(assets, str) else list(assets)
    known = sorted(raw["asset"].dropna().unique())
    absent = [name for name in wanted if name not in known]
    if absent:
        raise DataError([f"asset {name!r} is not in the source. {did_you_mean(name, known)}" for name in absent])
    return raw[raw["asset"].isin(wanted)]


def _as_numbers(bars: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the bars whose numbers are numbers, and what is wrong with the others."""
    problems = []
    converted = bars.copy()
    legible = pd.Series(True, index=bars.index)
    for name in (name for name in _NUMBERS if name in bars):
        numbers = pd.to_numeric(bars[name], errors="coerce")
        text = numbers.isna() & bars[name].notna()
        if text.any():
            problems.append(must_be(bars[text], name, "a number", bars.loc[text, name].iloc[0]))
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
                problems.append(must_be(rows, column, _RULES.get(check, check), group["failure_case"].iloc[0]))
            elif (column, check) == ("asset", "not_nullable"):
                first = rows.iloc[0]["timestamp"]
                problems.append(
                    f"asset must be named, got {len(rows)} bars without, first at {first}. "
                    "Fill that column or remove those bars."
                )
            elif check != "multiple_fields_uniqueness":  # duplicates were named with their asset already
                problems.append(f"{column}: {check}.")
    return problems
