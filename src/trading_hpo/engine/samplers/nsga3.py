"""NSGA-III, whose parents depend on the generation and not on the slot that happens to ask first."""

from typing import Literal

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.samplers.base import Draw
from trading_hpo.engine.samplers.genetic import GeneticConfig, by_number


class Nsga3Config(GeneticConfig):
    """Crosses the trials of the first fronts, those near reference directions that few others are near first.

    Source: Deb and Jain (2014), An evolutionary many-objective algorithm.
    """

    name: Literal["nsga3"] = "nsga3"

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return Nsga3Sampler(draw.seed, self.population_size, draw.study_seed)


class Nsga3Sampler(optuna.samplers.NSGAIIISampler):
    """Optuna's, with parents chosen by a seed of their generation: the same for every slot, and after a resume.

    Args:
        seed: Of the slot.
        population_size: Trials of a generation.
        study_seed: Of the study, the same for all slots.
    """

    def __init__(self, seed: int, population_size: int, study_seed: int) -> None:
        with accepted_as_experimental():
            super().__init__(seed=seed, population_size=population_size)
        self._study_seed = study_seed

    def select_parent(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation."""
        own = int(np.random.SeedSequence([self._study_seed, generation]).generate_state(1)[0])
        fresh = Nsga3Sampler(own, int(self.population_size or 0), self._study_seed)
        return super(Nsga3Sampler, fresh).select_parent(study, generation)

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation in one order."""
        return by_number(super().get_parent_population(study, generation))
