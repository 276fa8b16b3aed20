"""A loss of runs of consecutive bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss, Sampling

if TYPE_CHECKING:
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class SmoothRuns(Loss):
    """Squared errors, and a price for forecasts that jump from bar to bar."""

    name: ClassVar[str] = "smooth_runs"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE
    additive: ClassVar[bool] = False

    run_bars: int = Field(default=8, ge=2)
    jump_price: float = Field(default=0.1, ge=0)

    @property
    def sampling(self) -> Sampling:
        """Runs of one asset's bars."""
        return Sampling("runs", self.run_bars)

    def __call__(self, batch: Batch) -> Tensor:
        """**Looks ahead:** label only."""
        runs = batch.output.reshape(-1, self.run_bars, batch.output.shape[1])
        bar, asset = (numbers.reshape(-1, self.run_bars) for numbers in (batch.bar, batch.asset))
        if (asset != asset[:, :1]).any() or (bar.diff(dim=1) < 1).any():
            raise ValueError("a run holds bars of several assets, or not in time order")
        jumps = runs.diff(dim=1).square().mean()
        return (batch.output - batch.target).square().mean() + self.jump_price * jumps
