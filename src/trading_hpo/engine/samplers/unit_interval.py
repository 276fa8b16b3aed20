"""A parameter's range as the interval from 0 to 1, and back."""

import math
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def from_unit(distribution: BaseDistribution, u: float) -> Any:
    """Return the value at a place between 0 and 1; whole numbers, steps and choices get equal shares of it.

    Example:
        >>> from_unit(FloatDistribution(1e-4, 1e-2, log=True), 0.5)
        0.001
        >>> [from_unit(IntDistribution(1, 3), u) for u in (0.0, 0.5, 1.0)]
        [1, 2, 3]
    """
    u = min(max(u, 0.0), 1.0)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[min(int(u * len(distribution.choices)), len(distribution.choices) - 1)]
    low, high, log, step = _range(distribution)
    if step is not None and not log:
        return _stepped(distribution, low + step * min(int(u * n_steps(low, high, step)), n_steps(low, high, step) - 1))
    if isinstance(distribution, IntDistribution):  # on a log scale: each number from half below to half above it
        edges = math.log(low - 0.5), math.log(high + 0.5)
        return int(min(max(round(math.exp(edges[0] + u * (edges[1] - edges[0]))), low), high))
    value = math.exp(math.log(low) + u * (math.log(high) - math.log(low))) if log else low + u * (high - low)
    return min(max(round(value, 15), low), high)


def to_unit(distribution: BaseDistribution, value: Any) -> float:
    """Return the middle of the places from which ``from_unit`` gives the value."""
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    low, high, log, step = _range(distribution)
    if step is not None and not log:
        return (round((value - low) / step) + 0.5) / n_steps(low, high, step)
    if isinstance(distribution, IntDistribution):
        edges = math.log(low - 0.5), math.log(high + 0.5)
        return (math.log(value) - edges[0]) / (edges[1] - edges[0])
    if low == high:
        return 0.5
    if log:
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return float((value - low) / (high - low))


def n_steps(low: float, high: float, step: float) -> int:
    """Return how many values a stepped range has, both bounds counted."""
    return math.floor((high - low) / step + 1e-9) + 1


def _range(distribution: BaseDistribution) -> tuple[float, float, bool, float | None]:
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return distribution.low, distribution.high, distribution.log, distribution.step


def _stepped(distribution: BaseDistribution, value: float) -> float | int:
    return round(value) if isinstance(distribution, IntDistribution) else round(value, 12)
