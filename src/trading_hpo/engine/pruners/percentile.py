"""Gives up a trial that is not among the best per cent."""

from typing import Literal

import optuna
from pydantic import Field

from trading_hpo.engine.pruners.warm_up import WarmUpConfig


class PercentileConfig(WarmUpConfig):
    """A trial goes on while its best value so far is among the best per cent of earlier trials at the same epoch."""

    name: Literal["percentile"] = "percentile"
    percentile: float = Field(default=25.0, gt=0, lt=100, description="the best so many per cent go on")

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        del max_epochs
        return optuna.pruners.PercentilePruner(self.percentile, **self.steps)
