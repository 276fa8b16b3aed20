"""What a sampler declares of itself, and what it may know when it draws."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import optuna

from trading_hpo.configuration import Config


@dataclass(frozen=True)
class Draw:
    """What a sampler may know.

    Attributes:
        space: Of the candidates.
        study_seed: Of the study, the same for all slots.
        slot: Place in the budget, from 0.
    """

    space: Mapping[str, Any]
    study_seed: int
    slot: int

    @property
    def seed(self) -> int:
        """Of the slot alone."""
        return int(np.random.SeedSequence([self.study_seed, self.slot]).generate_state(1)[0])


class SamplerConfig(Config):
    """A sampler's name and options, and which searches it can serve.

    A slot is a place in the budget. Every slot has its own sampler with its own seed, so what it suggests depends on
    the finished trials and the slot's number alone: a resumed search goes on as if it had never stopped.

    Attributes:
        several_objectives: Whether it can search for a Pareto front.
        constraints: Whether it can be used where constraints are given.
        needs_complete_trials: Whether it learns nothing from pruned trials, so that pruning would starve it.
        tries_all: Whether it tries every combination once, whatever is known already.
    """

    several_objectives: ClassVar[bool] = True
    constraints: ClassVar[bool] = True
    needs_complete_trials: ClassVar[bool] = False
    tries_all: ClassVar[bool] = False

    name: str

    @abstractmethod
    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""

    def n_slots(self, space: Mapping[str, Any]) -> float:
        """Return how many slots it can fill: without end, unless it tries all.

        Args:
            space: Of the candidates.

        Raises:
            ConfigurationError: It cannot search the space.
        """
        del space
        return float("inf")
