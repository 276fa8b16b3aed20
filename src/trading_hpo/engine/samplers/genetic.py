"""NSGA-II and NSGA-III, whose parents depend on the generation and not on the slot that happens to ask first."""

import numpy as np
import optuna
from optuna.trial import FrozenTrial

from trading_hpo.engine.experimental import accepted_as_experimental


class Nsga2Sampler(optuna.samplers.NSGAIISampler):
    """Source: Deb et al. (2002), A fast and elitist multiobjective genetic algorithm."""

    def get_parent_population(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation in one order: Optuna's own is another on the first call."""
        return _in_order(super().get_parent_population(study, generation))


class Nsga3Sampler(optuna.samplers.NSGAIIISampler):
    """Parents are chosen with a seed of their generation: whichever slot asks, and after a resume again, the same.

    Source: Deb and Jain (2014), An evolutionary many-objective algorithm.
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
        return _in_order(super().get_parent_population(study, generation))


def _in_order(parents: list[FrozenTrial]) -> list[FrozenTrial]:
    return sorted(parents, key=lambda trial: trial.number)
