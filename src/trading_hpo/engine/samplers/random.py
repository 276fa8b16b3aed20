"""Independent draws."""

from typing import Literal

import optuna

from trading_hpo.engine.samplers.base import Draw, SamplerConfig


class RandomConfig(SamplerConfig):
    """Every parameter at random; learns nothing.

    Source: Bergstra and Bengio (2012), Random search for hyper-parameter optimization.
    """

    name: Literal["random"] = "random"

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        return optuna.samplers.RandomSampler(seed=draw.seed)
