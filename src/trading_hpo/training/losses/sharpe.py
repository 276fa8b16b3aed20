"""Sharpe ratio of learned positions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.tasks.head import POSITION_IN_RISK, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss, Sampling

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch

LEAST_VARIANCE = 1e-6  # of returns in units of volatility, whose variance is about 1 with a full position
BASIS_POINT = 1e-4


class Sharpe(Loss):
    """The negative Sharpe ratio of what the positions of a batch earn, ``-mean(R) / sqrt(var(R))``, not annualised.

    A row earns ``R_t = X_t r / s_t - c |X_t / s_t - X_(t-1) / s_(t-1)|`` with ``X = tanh(output)`` the position,
    ``s`` the asset's trailing volatility and ``c`` the cost. Positions are sized in risk: each would move as much as
    any other if volatility stayed as it was. The paper's target volatility is a factor of both terms and cancels here;
    what is traded is ``X`` times the median volatility of the train rows over ``s``, at most all of the asset's share
    of the capital (``Forecast.sized``).

    The task's horizon H is that of the back-test: a position is held for H bars with a part 1 / H of the capital. So
    ``r`` is the mean of the next H one-bar returns, and what is traded is ``|X_t / s_t - X_(t-H) / s_(t-H)| / H``. The
    first H rows of a run have no position before them and cost nothing, so runs must be longer than H for costs to
    count.

    ``LEAST_VARIANCE`` is added to the variance: positions of 0, or returns that are all the same, give a finite number
    and gradient. Volatility is at least a basis point, and 1 where none is known yet: such a row hardly counts.

    Learns numbers, but from returns and not from the target; the output is a position before it is squashed. Batches
    are runs of ``sharpe_run_bars`` consecutive bars of one asset. Not additive: a ratio of a batch, no mean of rows.

    Source: Lim, Zohren and Roberts (2019), Enhancing Time-Series Momentum Strategies Using Deep Neural Networks: the
    Sharpe loss, and its turnover regularisation. Their volatility is exponentially weighted, ours a plain mean.

    Example:
        >>> Sharpe(sharpe_run_bars=10).sampling
        Sampling(kind='runs', length=10)
    """

    name: ClassVar[str] = "sharpe"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = POSITION_IN_RISK
    additive: ClassVar[bool] = False

    sharpe_run_bars: int = Field(default=20, ge=2, le=10000, description="consecutive bars of one asset in a run")
    sharpe_cost_bps: float = Field(
        default=0.0, ge=0, le=1000, description="cost of trading the whole capital once, in basis points"
    )

    @property
    def sampling(self) -> Sampling:
        """Return the runs."""
        return Sampling("runs", self.sharpe_run_bars)

    def problems(self, held_bars: int) -> Iterator[str]:
        """Yield that no trade within a run would cost anything."""
        if self.sharpe_cost_bps and self.sharpe_run_bars <= held_bars:
            yield (
                f"sharpe_run_bars must be above the {held_bars} bars for which a position is held, where "
                f"sharpe_cost_bps is above 0, got {self.sharpe_run_bars}: no trade would cost anything. "
                "Lengthen the runs."
            )

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of runs."""
        import torch

        held = torch.tanh(batch.output[:, 0]) / batch.volatility
        earned = held * batch.forward_return.mean(dim=1)
        if self.sharpe_cost_bps:
            earned = earned - self.sharpe_cost_bps * BASIS_POINT * self._traded(held, batch.forward_return.shape[1])
        mean = batch.mean(earned)
        variance = batch.mean((earned - mean) ** 2)
        return -mean / (variance + LEAST_VARIANCE).sqrt()

    def _traded(self, held: Float[Tensor, " B"], horizon_bars: int) -> Float[Tensor, " B"]:
        """What is bought or sold at each row, where the position that ends there is in the run."""
        import torch.nn.functional as F

        runs, lag = held.unflatten(0, (-1, self.sharpe_run_bars)), min(horizon_bars, self.sharpe_run_bars)
        traded = (runs[:, lag:] - runs[:, :-lag]).abs() / horizon_bars
        return F.pad(traded, (lag, 0)).flatten()
