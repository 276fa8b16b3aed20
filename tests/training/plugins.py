"""Losses, an optimizer and schedules that others might add: each asks for what none of ours asks for."""

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from trading_hpo.tasks.head import POSITION, VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import BARS, Loss, Sampling
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.schedules.schedule import Schedule


class Pinball(Loss):
    """Quantiles; the outer levels are a parameter."""

    name: ClassVar[str] = "pinball"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    pinball_tail: float = Field(default=0.1, gt=0, lt=0.5)

    @property
    def head(self) -> Head:
        return Head("quantiles", (self.pinball_tail, 0.5, 1 - self.pinball_tail))

    def __call__(self, batch: Any) -> Tensor:
        levels = batch.output.new_tensor(self.head.levels)
        error = batch.target.repeat_interleave(len(levels), dim=1) - batch.output
        return batch.mean(torch.maximum(levels * error, (levels - 1) * error))


class SharpeOfRuns(Loss):
    """Positions whose returns over a run are to be large beside their spread."""

    name: ClassVar[str] = "sharpe_of_runs"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("class", "number")
    head: ClassVar[Head] = POSITION
    additive: ClassVar[bool] = False
    run_bars: int = Field(default=10, ge=2)

    @property
    def sampling(self) -> Sampling:
        return Sampling("runs", self.run_bars)

    def __call__(self, batch: Any) -> Tensor:
        position = torch.tanh(batch.output[:, 0]) / (100 * batch.volatility)
        gains = (position * batch.forward_return[:, 0]).reshape(-1, self.run_bars)
        bar = batch.bar.reshape(-1, self.run_bars)
        asset = batch.asset.reshape(-1, self.run_bars)
        assert (bar.diff(dim=1) == 1).all()
        assert (asset == asset[:, :1]).all()
        return -(gains.mean(dim=1) / (gains.std(dim=1) + 1e-3)).mean()


class RelativeToBar(Loss):
    """Errors of what is above or below the mean of all assets' rows of the bar."""

    name: ClassVar[str] = "relative_to_bar"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE
    additive: ClassVar[bool] = False
    sampling: ClassVar[Sampling] = BARS

    def __call__(self, batch: Any) -> Tensor:
        _, place = batch.bar.unique(return_inverse=True)
        error = (batch.output - batch.target)[:, 0]
        sums = torch.zeros(int(place.max()) + 1).index_add(0, place, error)
        counts = torch.zeros_like(sums).index_add(0, place, torch.ones_like(error))
        return ((error - (sums / counts)[place]) ** 2).mean()


class HeavyBall(Optimizer):
    """Shares the name of a parameter with AdamW."""

    name: ClassVar[str] = "heavy_ball"
    states_per_weight: ClassVar[int] = 1
    weight_decay: float = Field(default=0.0, ge=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)

    def make(self, network: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            network.parameters(), lr=learning_rate, momentum=self.momentum, weight_decay=self.weight_decay
        )


class Halving(Schedule):
    """Halves the learning rate after each epoch that was not the best so far."""

    name: ClassVar[str] = "halving"
    has_feedback: ClassVar[bool] = True

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        assert len(scores) == int(passed)
        return 0.5 ** sum(score <= max(scores[:place]) for place, score in enumerate(scores) if place)


class Ramp(Schedule):
    """Rises batch by batch over the first epochs."""

    name: ClassVar[str] = "ramp"
    per_batch: ClassVar[bool] = True
    ramp_epochs: int = Field(default=2, ge=1)

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        return min((passed + 0.1) / self.ramp_epochs, 1.0)


ADDED: dict[str, list[Any]] = {
    "loss": [Pinball, SharpeOfRuns, RelativeToBar],
    "optimizer": [HeavyBall],
    "schedule": [Halving, Ramp],
}
