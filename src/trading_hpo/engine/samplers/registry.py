"""The sampler of a slot.

A slot is a place in the budget. Every slot has its own sampler with its own seed, so what it suggests
depends on the finished trials and its number alone: a resumed search goes on as if it had never stopped.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from trading_hpo.engine.config import SamplerConfig
from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.samplers.cmaes import CmaesSampler
from trading_hpo.engine.samplers.genetic import Nsga2Sampler, Nsga3Sampler
from trading_hpo.engine.samplers.grid import GridSampler, combinations
from trading_hpo.engine.samplers.sobol import SobolSampler


@dataclass(frozen=True)
class Draw:
    """What a sampler may know.

    Attributes:
        config: Name and options.
        space: Of the model type.
        study_seed: Of the study, the same for all slots.
        slot: Place in the budget, from 0.
        seed: Of the slot alone.
    """

    config: SamplerConfig
    space: Mapping[str, Any]
    study_seed: int
    slot: int
    seed: int


def _tpe(draw: Draw) -> optuna.samplers.BaseSampler:
    # `group` serves parameters that exist only under a condition.
    with accepted_as_experimental():
        return optuna.samplers.TPESampler(
            seed=draw.seed, n_startup_trials=draw.config.n_startup_trials, multivariate=True, group=True
        )


def _gp(draw: Draw) -> optuna.samplers.BaseSampler:
    # Parameters under a condition are drawn at random, which needs no warning each time.
    with accepted_as_experimental():
        return optuna.samplers.GPSampler(
            seed=draw.seed, n_startup_trials=draw.config.n_startup_trials, warn_independent_sampling=False
        )


SAMPLERS: dict[str, Callable[[Draw], optuna.samplers.BaseSampler]] = {
    "tpe": _tpe,
    "random": lambda draw: optuna.samplers.RandomSampler(seed=draw.seed),
    "grid": lambda draw: GridSampler(draw.space, draw.study_seed, draw.slot),
    "gp": _gp,
    "cmaes": lambda draw: CmaesSampler(draw.space, draw.seed, draw.config.population_size),
    "qmc": lambda draw: SobolSampler(draw.space, draw.study_seed, draw.slot),
    "nsga2": lambda draw: Nsga2Sampler(seed=draw.seed, population_size=draw.config.population_size or 20),
    "nsga3": lambda draw: Nsga3Sampler(draw.seed, draw.config.population_size or 20, draw.study_seed),
}


def slot_sampler(config: SamplerConfig, seed: int, slot: int, space: Mapping[str, Any]) -> optuna.samplers.BaseSampler:
    """Return the sampler of a slot.

    Args:
        config: Name and options.
        seed: Of the study.
        slot: Place in the budget, from 0.
        space: Of the model type.
    """
    own = int(np.random.SeedSequence([seed, slot]).generate_state(1)[0])
    return SAMPLERS[config.name](Draw(config, space, seed, slot, own))


def slots_of(config: SamplerConfig, space: Mapping[str, Any]) -> float:
    """Return how many slots a sampler can fill: all combinations of a grid, else without end."""
    return len(combinations(space)) if config.name == "grid" else float("inf")
