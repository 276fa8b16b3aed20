"""Lets a trial be worse than it was for some epochs before another pruner is asked."""

from typing import Literal

import optuna
from pydantic import Field, field_validator

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.pruners.base import PrunerConfig
from trading_hpo.engine.pruners.registry import Pruner


class PatientConfig(PrunerConfig):
    """A trial that has not improved for ``patience`` epochs is given up, or judged by the wrapped pruner."""

    name: Literal["patient"] = "patient"
    patience: int = Field(default=3, ge=0, strict=True, description="epochs in which a trial may be worse than it was")
    min_delta: float = Field(default=0.0, ge=0, description="least improvement that counts")
    wrapped: Pruner | None = Field(
        default=None, description="the pruner that judges a trial then; null: the trial is given up"
    )

    @field_validator("wrapped")
    @classmethod
    def _judges_epochs(cls, wrapped: PrunerConfig | None) -> PrunerConfig | None:
        if wrapped is not None and (wrapped.judges != "epochs" or isinstance(wrapped, PatientConfig)):
            raise ValueError(f"wrapped must be a pruner over epochs that wraps no other, got {wrapped.name!r}.")
        return wrapped

    def make(self, max_epochs: int) -> optuna.pruners.BasePruner:
        """Return the pruner of a study."""
        wrapped = None if self.wrapped is None else self.wrapped.make(max_epochs)
        with accepted_as_experimental():
            return optuna.pruners.PatientPruner(wrapped, self.patience, self.min_delta)

    @property
    def first_rung(self) -> int | None:
        """The wrapped pruner's."""
        return None if self.wrapped is None else self.wrapped.first_rung
