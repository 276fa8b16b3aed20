"""Numbers as texts of the page."""

import math
from collections.abc import Mapping
from typing import Any

NONE = "–"


def number(value: Any, digits: int = 3) -> str:
    """Return a number with some decimals; a dash where there is none.

    Example:
        >>> number(0.12345), number(None), number(float("nan"))
        ('0.123', '–', '–')
    """
    return NONE if is_missing(value) else f"{value:.{digits}f}"


def percent(value: Any, digits: int = 1, signed: bool = False) -> str:
    """Return a share in percent.

    Example:
        >>> percent(0.1234), percent(-0.5, 0), percent(0.01, signed=True)
        ('12.3 %', '-50 %', '+1.0 %')
    """
    return NONE if is_missing(value) else f"{100 * value:{'+' if signed else ''}.{digits}f} %"


def plus_minus(line: Mapping[str, Any], part: str) -> str:
    """Return half of the 90 % interval of the objective; nothing where there is none.

    Args:
        line: Of ``report_of``.
        part: ``validation`` or ``holdout``.

    Example:
        >>> plus_minus({"holdout_interval": [0.1, 0.2]}, "holdout")
        '± 0.050'
    """
    interval = line[f"{part}_interval"]
    return "" if interval is None else f"± {number((interval[1] - interval[0]) / 2)}"


def whole(value: Any) -> str:
    """Return a whole number with thousands apart.

    Example:
        >>> whole(12345)
        '12,345'
    """
    return NONE if is_missing(value) else f"{value:,.0f}"


def setting(value: Any) -> str:
    """Return the value of a parameter.

    Example:
        >>> setting(0.00123456), setting("relu"), setting(32)
        ('0.001235', 'relu', '32')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def day(stamp: str | None) -> str:
    """Return the day of a timestamp.

    Example:
        >>> day("2020-01-02T00:00:00+00:00")
        '2020-01-02'
    """
    return NONE if not stamp else stamp[:10]


def is_missing(value: Any) -> bool:
    """Say whether there is no number."""
    return value is None or (isinstance(value, float) and math.isnan(value))
