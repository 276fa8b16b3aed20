"""The sampler of a slot.

A slot is a place in the budget. Every slot has its own sampler with its own seed, so what it suggests
depends on the finished trials and its number alone: a resumed search goes on as if it had never stopped.
"""

from collections.abc import Callable

import numpy as np
import optuna

from trading_hpo.search.config import SamplerConfig
from trading_hpo.search.experimental import accepted_as_experimental


def _tpe(config: SamplerConfig, seed: int) -> optuna.samplers.BaseSampler:
    # `group` serves parameters that exist only under a condition.
    with accepted_as_experimental():
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=config.n_startup_trials, multivariate=True, group=True
        )


def _random(_: SamplerConfig, seed: int) -> optuna.samplers.BaseSampler:
    return optuna.samplers.RandomSampler(seed=seed)


SAMPLERS: dict[str, Callable[[SamplerConfig, int], optuna.samplers.BaseSampler]] = {
    "tpe": _tpe,
    "random": _random,
}


def slot_sampler(config: SamplerConfig, seed: int, slot: int) -> optuna.samplers.BaseSampler:
    """Return the sampler of a slot.

    Args:
        config: Name and options.
        seed: Of the study.
        slot: Place in the budget, from 0.
    """
    own = int(np.random.SeedSequence([seed, slot]).generate_state(1)[0])
    return SAMPLERS[config.name](config, own)
