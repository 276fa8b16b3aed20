"""Gives up a trial that is worse than the median."""

from typing import Literal

import optuna

from trading_hpo.engine.pruners.warm_up import WarmUpConfig


class MedianConfig(WarmUpConfig):
    """A trial goes on while its best value so far is at least the median of earlier trials at the same epoch.

    Source: Golovin et al. (2017), Google Vizier, section 3.2.
    """

    name: Literal["median"] = "median"

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        del max_epochs
        return optuna.pruners.MedianPruner(**self.steps)
