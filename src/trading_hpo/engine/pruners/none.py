"""Gives up no trial."""

from typing import ClassVar, Literal

import optuna

from trading_hpo.engine.pruners.base import PrunerConfig


class NoneConfig(PrunerConfig):
    """Every trial runs to its end."""

    judges: ClassVar[Literal["epochs", "folds", "nothing"]] = "nothing"
    several_objectives: ClassVar[bool] = True

    name: Literal["none"] = "none"

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        del max_epochs
        return optuna.pruners.NopPruner()
