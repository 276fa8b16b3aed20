"""Text -> numbers, with the signs that the settings name; what is none is refused with its line."""

import re

import pandas as pd

from trading_hpo.market.sources.config import CsvSource
from trading_hpo.market.sources.origin import Origin

_GROUPED = re.compile(r"[-+]?\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:([.,])\d+)?")
_THERE = " in conf/local/globals.yml."  # a comma on the command line begins the next parameter
_COMMA = re.compile(r"[-+]?\d*,\d+")


def to_numbers(column: pd.Series, name: str, origin: Origin) -> tuple[pd.Series, list[str]]:
    """Return a column as numbers, and what is wrong with it.

    Args:
        column: Of the file: numbers already, or text; missing where the file has no value.
        name: Our name of it.
        origin: The file, whose settings name the decimal sign and the one between thousands.

    Returns:
        float64, missing where there is none; and sentences about text that is no number.
    """
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype("float64"), []
    text = column.astype("str").str.strip()
    numbers = pd.to_numeric(_plain(text, origin), errors="coerce").astype("float64")
    wrong = (numbers.isna() & text.notna() & ~text.str.lower().isin(("", "nan"))).to_numpy()
    if not wrong.any():
        return numbers, []
    first = int(wrong.argmax())
    return numbers, [
        f"{origin.path}: {name} must be a number, got {text.iloc[first]!r} in {origin.line(first)} and "
        f"{int(wrong.sum()) - 1} more. {_remedy(text[wrong], origin)}"
    ]


def _plain(text: pd.Series, origin: Origin) -> pd.Series:
    """Numbers as Python writes them. A sign in a place where it cannot be makes no number: 1,5 is not fifteen."""
    settings = origin.settings
    if not isinstance(settings, CsvSource) or (settings.decimal == "." and settings.thousands is None):
        return text
    decimal, group = re.escape(settings.decimal), settings.thousands
    between = "[ \u00a0\u202f]" if group == " " else re.escape(group or "")
    whole = rf"(?:\d+|\d{{1,3}}(?:{between}\d{{3}})+)" if group else r"\d+"
    valid = text.str.fullmatch(rf"[-+]?{whole}?(?:{decimal}\d*)?(?:[eE][-+]?\d+)?").fillna(False)
    if group:
        text = text.str.replace(between, "", regex=True)
    return text.str.replace(settings.decimal, ".", regex=False).where(valid)


def _remedy(wrong: pd.Series, origin: Origin) -> str:
    """Name the setting under which the first of them is a number."""
    sample = wrong.iloc[0]
    if origin.kind != "csv":
        return "Write numbers as numbers."
    decimal, thousands = origin.setting("decimal"), origin.setting("thousands")
    grouped = _GROUPED.fullmatch(sample)
    if grouped and grouped[1] == "," and grouped[2] is None and sample.count(",") == 1:
        return (
            f"Set {thousands} to ',' if that is a thousand and more, {decimal} to ',' if it has a decimal comma{_THERE}"
        )
    if grouped and grouped[1] != grouped[2]:
        also = f" and {decimal} to ','" if grouped[2] == "," else ""
        sign = " " if grouped[1] in "\u00a0\u202f" else grouped[1]
        return f"Set {thousands} to {sign!r}{also}{_THERE}"
    if _COMMA.fullmatch(sample):
        return f"Set {decimal} to ','{_THERE}"
    return "Remove lines that are no bars, such as totals and remarks at the end, and write plain numbers."
