"""Gaussian process: draws where a surrogate of the objective expects the largest improvement."""

from typing import ClassVar, Literal

import optuna
from pydantic import Field

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.samplers.base import Draw, SamplerConfig


class GpConfig(SamplerConfig):
    """Optuna's Gaussian process; parameters that exist only under a condition are drawn at random.

    Source: Snoek, Larochelle and Adams (2012), Practical Bayesian optimization of machine learning algorithms.
    """

    needs_complete_trials: ClassVar[bool] = True

    name: Literal["gp"] = "gp"
    n_startup_trials: int = Field(default=5, ge=0, strict=True, description="random trials first")

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        with accepted_as_experimental():
            return optuna.samplers.GPSampler(
                seed=draw.seed,
                n_startup_trials=self.n_startup_trials,
                warn_independent_sampling=False,  # of every conditional parameter, each time
            )
