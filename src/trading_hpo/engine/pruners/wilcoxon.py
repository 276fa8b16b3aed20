"""Gives up a trial that is worse than the best one on fold after fold."""

from typing import ClassVar, Literal

import optuna
from pydantic import Field

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.pruners.base import PrunerConfig


class WilcoxonConfig(PrunerConfig):
    """A signed-rank test of the trial's folds against the same folds of the best trial.

    Source: Wilcoxon (1945), Individual comparisons by ranking methods.
    """

    judges: ClassVar[Literal["epochs", "folds", "nothing"]] = "folds"

    name: Literal["wilcoxon"] = "wilcoxon"
    p_threshold: float = Field(default=0.1, gt=0, lt=1, description="of the signed-rank test")
    n_startup_folds: int = Field(default=2, ge=0, strict=True, description="folds that are never judged")

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        del max_epochs
        with accepted_as_experimental():
            return optuna.pruners.WilcoxonPruner(p_threshold=self.p_threshold, n_startup_steps=self.n_startup_folds)
