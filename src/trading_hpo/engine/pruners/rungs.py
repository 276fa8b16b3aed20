"""What the pruners share that judge at a few epochs only, the rungs."""

from typing import ClassVar

from pydantic import Field

from trading_hpo.engine.pruners.base import PrunerConfig


class RungsConfig(PrunerConfig):
    """Where the rungs lie and how many trials go on from one to the next."""

    several_objectives: ClassVar[bool] = True

    min_epochs: int = Field(default=1, ge=1, strict=True, description="first rung")
    reduction_factor: int = Field(default=3, ge=2, strict=True, description="one in so many goes on from a rung")

    @property
    def first_rung(self) -> int | None:
        """The first epoch that is judged."""
        return self.min_epochs
