"""What a pruner declares of itself."""

from abc import abstractmethod
from typing import ClassVar, Literal

import optuna

from trading_hpo.configuration import Config


class PrunerConfig(Config):
    """A pruner's name and options, and which searches it can serve.

    Attributes:
        judges: When it is asked: after each epoch, after each fold, or never.
        several_objectives: Whether it can compare trials by several numbers.
        needs_epochs: Whether it divides its budget of epochs among trials, and is nothing without them.
    """

    judges: ClassVar[Literal["epochs", "folds", "nothing"]] = "epochs"
    several_objectives: ClassVar[bool] = False
    needs_epochs: ClassVar[bool] = False

    name: str

    @abstractmethod
    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study.

        Args:
            max_epochs: Of a trial.
        """

    @property
    def first_rung(self) -> int | None:
        """The first epoch that is judged, of a pruner with rungs."""
        return None
