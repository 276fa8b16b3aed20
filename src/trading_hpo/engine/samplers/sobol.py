"""Points that fill the space evenly: a scrambled Sobol sequence, of which slot s is point s."""

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from scipy.stats import qmc

from trading_hpo.engine.samplers.base import PointSampler
from trading_hpo.engine.samplers.unit_interval import from_unit


class SobolSampler(PointSampler):
    """Source: Sobol (1967); scrambled as in Owen (1998).

    Optuna's own counts its points in the study, where two processes take one twice.

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
