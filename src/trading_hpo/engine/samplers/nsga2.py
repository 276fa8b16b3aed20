"""NSGA-II, whose parents depend on the generation and not on the slot that happens to ask first."""

from typing import Literal

import optuna
from optuna.trial import FrozenTrial

from trading_hpo.engine.samplers.base import Draw
from trading_hpo.engine.samplers.genetic import GeneticConfig, by_number


class Nsga2Config(GeneticConfig):
    """Crosses the trials of the first fronts, those in sparse regions first.

    Source: Deb et al. (2002), A fast and elitist multiobjective genetic algorithm.
    """

    name: Literal["nsga2"] = "nsga2"

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return Nsga2Sampler(seed=draw.seed, population_size=self.population_size)


class Nsga2Sampler(optuna.samplers.NSGAIISampler):
    """Optuna's, with the parents of a generation always in one order."""

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation."""
        return by_number(super().get_parent_population(study, generation))
