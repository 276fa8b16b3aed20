"""Ticks that a reader can use: whole numbers where only these occur, powers and their halves on logarithmic axes."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

MOST_TICKS = 5
# As Plotly does by itself, in the order of the rest of the project: the year first.
DATE_TICKS = [
    {"dtickrange": [None, 86_400_000 - 1], "value": "%H:%M\n%Y-%m-%d"},
    {"dtickrange": [86_400_000, "M1"], "value": "%m-%d\n%Y"},
    {"dtickrange": ["M1", "M12"], "value": "%b\n%Y"},
    {"dtickrange": ["M12", None], "value": "%Y"},
]


def whole_axis(values: Iterable[float]) -> dict[str, Any]:
    """Return the settings of an axis of whole numbers: trials, epochs, layers never stand at 2.5.

    Args:
        values: That are drawn on it, at least one.

    Example:
        >>> whole_axis([0, 3])
        {'tickmode': 'linear', 'tick0': 0, 'dtick': 1, 'tickformat': ',d', 'range': [-0.5, 3.5]}
    """
    known = list(values)
    low, high = min(known), max(known)
    pad = max(0.5, 0.04 * (high - low))
    return {
        "tickmode": "linear",
        "tick0": 0,
        "dtick": max(1, round(nice_step(low, high))),
        "tickformat": ",d",
        "range": [low - pad, high + pad],
    }


def nice_step(low: float, high: float, most: int = MOST_TICKS) -> float:
    """Return the distance of ticks, 1, 2 or 5 times a power of ten, that gives at most so many of them.

    Example:
        >>> nice_step(0, 100), nice_step(0, 0.7)
        (50.0, 0.2)
    """
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(
        step
        for step in (float(f"{factor * power:.6g}") for factor in (1, 2, 5, 10, 20))
        if math.floor(high / step) - math.ceil(low / step) + 1 <= most
    )


def linear_ticks(low: float, high: float, *, whole: bool = False, most: int = MOST_TICKS) -> list[float]:
    """Return where ticks stand between two numbers.

    Example:
        >>> linear_ticks(0, 0.7), linear_ticks(1, 3, whole=True)
        ([0.0, 0.2, 0.4, 0.6], [1.0, 2.0, 3.0])
    """
    step = nice_step(low, high, most)
    if whole:
        step = max(1.0, float(round(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{place * step:.6g}") for place in range(first, last + 1)] or [low]


def log_ticks(low: float, high: float, *, whole: bool = False, most: int = MOST_TICKS) -> list[float]:
    """Return where ticks stand between two positive numbers on a logarithmic axis.

    Powers of ten where there are two of them, else 1, 2 and 5 times these, else the two ends.

    Example:
        >>> log_ticks(1e-4, 1e-1), log_ticks(2, 64, whole=True)
        ([0.0001, 0.001, 0.01, 0.1], [2.0, 5.0, 10.0, 20.0, 50.0])
    """
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 2, 5)):
        found = [float(f"{factor}e{power}") for power in powers for factor in factors]
        inside = [
            tick for tick in found if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9) and (not whole or tick.is_integer())
        ]
        if len(inside) >= 2 + (len(factors) == 1):
            return _thinned(inside, most)
    return [low] if low == high else [low, high]


def _thinned(ticks: Sequence[float], most: int) -> list[float]:
    return list(ticks[:: -(-len(ticks) // most)])


def tick_text(value: float) -> str:
    """Return a number as it stands at a tick.

    Example:
        >>> tick_text(0.0003), tick_text(200.0), tick_text(2e6)
        ('3e-4', '200', '2e6')
    """
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    digits, power = f"{value:.3e}".split("e")
    return f"{float(digits):g}e{int(power)}"
