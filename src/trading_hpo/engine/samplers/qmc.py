"""Quasi-Monte Carlo: points that fill the space evenly."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution
from scipy.stats import qmc

from trading_hpo.engine.samplers.base import Draw, SamplerConfig
from trading_hpo.engine.samplers.point_sampler import PointSampler
from trading_hpo.engine.samplers.unit_interval import from_unit


class QmcConfig(SamplerConfig):
    """A scrambled Sobol' sequence, of which slot s tries point s.

    Source: Sobol' (1967); scrambled as in Owen (1998).
    """

    name: Literal["qmc"] = "qmc"

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return SobolSampler(draw.space, draw.study_seed, draw.slot)


class SobolSampler(PointSampler):
    """Gives the slot's point. Why not Optuna's: it counts its points in the study, where two processes take one twice.

    Args:
        space: Of the model type; its order is that of the coordinates.
        seed: Of the study: one sequence for all slots.
        slot: Place in the budget.
    """

    def __init__(self, space: Mapping[str, Any], seed: int, slot: int) -> None:
        sequence = qmc.Sobol(max(len(space), 1), scramble=True, rng=seed)
        if slot:
            sequence.fast_forward(slot)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of balance, which holds over all slots together
            point = sequence.random(1)[0]
        self._drawn = dict(zip(space, point, strict=False))

    def draw(self, study: optuna.Study) -> Mapping[str, Any]:
        """Return the point."""
        del study
        return self._drawn

    def coordinate(self, point: Mapping[str, Any], name: str, distribution: BaseDistribution) -> Any:
        """Return a parameter's value at the point."""
        return from_unit(distribution, float(point[name]))
