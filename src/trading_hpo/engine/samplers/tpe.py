"""Tree-structured Parzen estimator: draws where good trials are denser than bad ones."""

from typing import Literal

import optuna
from pydantic import Field

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.samplers.base import Draw, SamplerConfig


class TpeConfig(SamplerConfig):
    """Optuna's TPE over all parameters together.

    Source: Bergstra et al. (2011), Algorithms for hyper-parameter optimization; Watanabe (2023), section 3.
    """

    name: Literal["tpe"] = "tpe"
    n_startup_trials: int = Field(default=5, ge=0, strict=True, description="random trials first")

    def make(self, draw: Draw) -> optuna.samplers.BaseSampler:
        """Return the sampler of one slot."""
        with accepted_as_experimental():
            return optuna.samplers.TPESampler(
                seed=draw.seed,
                n_startup_trials=self.n_startup_trials,
                multivariate=True,
                group=True,  # serves parameters that exist only under a condition
            )
