"""Base of the samplers that lay out a whole point of the space by the slot's number."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial


class PointSampler(optuna.samplers.BaseSampler):
    """Draws a point once per trial and hands out its coordinates as the trial asks for them.

    A parameter that exists only under a condition has its coordinate whether it is asked for or not, so conditions
    do not shift any other coordinate.
    """

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Say that all parameters are asked for one by one."""
        del study, trial
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draw the point."""
        del trial, search_space
        self._point = self.draw(study)
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Hand out one coordinate."""
        del study, trial
        return self.coordinate(self._point, param_name, param_distribution)

    @abstractmethod
    def draw(self, study: optuna.Study) -> Mapping[str, Any]:
        """Return the slot's point."""

    @abstractmethod
    def coordinate(self, point: Mapping[str, Any], name: str, distribution: BaseDistribution) -> Any:
        """Return a parameter's value at the point."""
