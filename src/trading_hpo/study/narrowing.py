"""A search space around a configuration."""

import math
from collections.abc import Mapping
from typing import Any

from trading_hpo.engine.space import AnyParameter, CategoricalParameter, FloatParameter, IntParameter, Scalar


def narrowed(space: Mapping[str, AnyParameter], best: Mapping[str, Scalar], share: float) -> dict[str, AnyParameter]:
    """Return the space with every range cut to a share of its width around the best value.

    A range keeps its scale: of a logarithmic one the width is that of the logarithms. Near an edge it ends at the edge
    and is narrower. A whole number keeps a neighbour on either side. A choice, which has no order, becomes the best's
    own; a parameter that the best does not have stays as it is.

    Args:
        space: By name.
        best: Configuration in the space.
        share: Of the width, above 0 and below 1.

    Example:
        >>> rate = FloatParameter(type="float", low=1e-4, high=1e-2, log=True)
        >>> narrowed({"rate": rate}, {"rate": 1e-3}, 0.5)["rate"].low
        0.00031622776601683794
    """
    return {name: _around(entry, best[name], share) if name in best else entry for name, entry in space.items()}


def _around(entry: AnyParameter, value: Any, share: float) -> AnyParameter:
    if isinstance(entry, CategoricalParameter):
        return entry.model_copy(update={"choices": (value,)})
    low, high = _reach(entry, float(value), share)
    if isinstance(entry, IntParameter):
        low = min(_on_grid(low, entry.low, entry.step, math.floor), value - entry.step)
        high = max(_on_grid(high, entry.low, entry.step, math.ceil), value + entry.step)
    elif entry.step is not None:
        low = _on_grid(low, entry.low, entry.step, math.floor)
        high = _on_grid(high, entry.low, entry.step, math.ceil)
    return entry.model_copy(update={"low": max(low, entry.low), "high": min(high, entry.high)})


def _reach(entry: FloatParameter | IntParameter, value: float, share: float) -> tuple[float, float]:
    if entry.log:
        reach = (entry.high / entry.low) ** (share / 2)
        return value / reach, value * reach
    reach = (entry.high - entry.low) * share / 2
    return value - reach, value + reach


def _on_grid(value: float, low: float, step: float, rounded: Any) -> Any:
    place = low + step * rounded((value - low) / step)
    # A sum of tenths ends a hair beside its tenth, and off Optuna's grid.
    return place if isinstance(step, int) else round(place, 12)
