"""Every combination once, in an order that the seed shuffles."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution

from trading_hpo.engine.samplers.base import Draw, SamplerConfig
from trading_hpo.engine.samplers.point_sampler import PointSampler
from trading_hpo.engine.samplers.unit_interval import n_steps
from trading_hpo.engine.space import CategoricalParameter, IntParameter
from trading_hpo.errors import ConfigurationError

LARGEST = 1_000_000


class GridConfig(SamplerConfig):
    """Every combination of a space without continuous ranges, once."""

    tries_all: ClassVar[bool] = True

    name: Literal["grid"] = "grid"

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return GridSampler(draw.space, draw.study_seed, draw.slot)

    def n_slots(self, space: Mapping[str, Any]) -> float:
        """Return how many combinations there are."""
        return len(combinations(space))


class GridSampler(PointSampler):
    """Slot s tries combination s of the shuffled grid; a parameter is in a combination only where it applies.

    Args:
        space: Of the model type, without continuous ranges.
        seed: Of the study: one order for all slots.
        slot: Place in the budget.
    """

    def __init__(self, space: Mapping[str, Any], seed: int, slot: int) -> None:
        self._combinations = combinations(space)
        order = np.random.default_rng(seed).permutation(len(self._combinations))
        self._chosen = self._combinations[order[slot % len(order)]]

    def draw(self, study: optuna.Study) -> Mapping[str, Any]:
        """Return the combination."""
        del study
        return self._chosen

    def coordinate(self, point: Mapping[str, Any], name: str, distribution: BaseDistribution) -> Any:
        """Return a parameter's value in the combination."""
        del distribution
        return point[name]


def combinations(space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all combinations of a space, each with the parameters that apply in it.

    Raises:
        ConfigurationError: A range is continuous, or there are more than ``LARGEST`` combinations.
    """
    endless = [
        f"{name} must have a step or be categorical for sampler grid. Give it a step in hpo.custom_search_spaces."
        for name, parameter in space.items()
        if _values(parameter) is None
    ]
    if endless:
        raise ConfigurationError(endless)
    found = []
    for combination in _combined(list(space.items()), {}):
        found.append(combination)
        if len(found) > LARGEST:
            raise ConfigurationError([f"the grid must have at most {LARGEST:,} combinations. Narrow the search space."])
    return found


def _combined(left: list[tuple[str, Any]], chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not left:
        yield chosen
        return
    (name, parameter), *rest = left
    if not parameter.applies(chosen):
        yield from _combined(rest, chosen)
        return
    for value in _values(parameter) or ():
        yield from _combined(rest, {**chosen, name: value})


def _values(parameter: Any) -> list[Any] | None:
    """All values of a parameter; none for a continuous range."""
    if isinstance(parameter, CategoricalParameter):
        return list(parameter.choices)
    if isinstance(parameter, IntParameter):
        return list(range(parameter.low, parameter.high + 1, parameter.step))
    if parameter.step is None:
        return [parameter.low] if parameter.low == parameter.high else None
    count = n_steps(parameter.low, parameter.high, parameter.step)
    return [round(parameter.low + number * parameter.step, 12) for number in range(count)]
