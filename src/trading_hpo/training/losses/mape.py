"""Mean absolute percentage error of the price path."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch

LEAST_PRICE = 0.01  # of the price at the row


class MeanAbsolutePercentageError(Loss):
    """The mean of ``|r^ - r| / (1 + r)``: how far the predicted price is from the observed one, as a share of that.

    ``r`` is the cumulative simple return from the row on, in its own unit: 0.01 is 1 %. Several targets are the
    returns of the next steps, one after another, and are compounded: ``1 + r`` of step k is the product of
    ``1 + target`` up to k. A price below ``LEAST_PRICE`` of that at the row is divided by as if it were that, so that
    a loss of everything costs no infinity. The percentage error of returns themselves would divide by about 0.

    Learns numbers that are simple returns; an output is the value of a target. Rows are drawn one by one.

    Source: Makridakis (1993), Accuracy Measures: Theoretical and Practical Concerns, of prices.
    """

    name: ClassVar[str] = "mape"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of returns."""
        predicted, observed = ((1 + returns * batch.unit).cumprod(1) for returns in (batch.output, batch.target))
        return batch.mean((predicted - observed).abs() / observed.clamp(min=LEAST_PRICE))
