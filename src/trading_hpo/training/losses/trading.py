"""Generalised mean absolute directional loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class Trading(Loss):
    """The mean of ``-(sigmoid(a r r^) - 1/2) |r|^b``: what trading the sign of the forecast would lose, made smooth.

    A row whose sign is right earns up to ``|r|^b / 2``, one whose sign is wrong loses as much; the larger ``a``, the
    less the forecast's size matters. The loss is below 0 where signs are mostly right, and keeps falling as a right
    forecast grows: the sign and the order of its forecasts mean something, their size as a return nothing.

    Return ``r`` and forecast ``r^`` are in units of the target's spread, so that one ``a`` suits any bar length. The
    authors take plain returns: their ``a`` times the square of the spread is ours (1000 at a spread of 0.02: 0.4).

    With a large ``a`` and ``b = 1`` it is what the rule ``as_forecast``, which holds full shares long or short, would
    lose of one asset, halved: both count returns in shares of the capital, and none of them by volatility.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Michankow, Sakowski and Slepaczuk (2024), Generalized Mean Absolute Directional Loss as a Solution to
    Overfitting and High Transaction Costs in Machine Learning Models Used in High-Frequency Algorithmic Investment
    Strategies.
    """

    name: ClassVar[str] = "trading"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    trading_a: float = Field(
        default=1.0, gt=0, le=1e6, description="steepness in the product of return and forecast, both in spreads"
    )
    trading_b: float = Field(
        default=1.0, ge=0, le=10, description="how much large returns count more; 0: all rows count alike"
    )

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch

        # sigmoid(x) - 1/2 is tanh(x / 2) / 2, which keeps the digits of a small x.
        agreement = torch.tanh(self.trading_a / 2 * batch.target * batch.output) / 2
        return -batch.mean(agreement * batch.target.abs() ** self.trading_b)
