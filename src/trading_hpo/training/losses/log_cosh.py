"""Log-cosh loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class LogCosh(Loss):
    """The mean of ``log cosh e``: about ``e^2 / 2`` near the target, ``|e| - log 2`` far from it, smooth in between.

    The error ``e`` of a forecast is in units of the target's spread.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Saleh and Saleh (2022), Statistical Properties of the log-cosh Loss Function Used in Machine Learning.
    """

    name: ClassVar[str] = "log_cosh"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch

        error = (batch.output - batch.target).abs()
        # cosh itself overflows from 89 on; |e| + log(1 + exp(-2 |e|)) - log 2 loses all digits of a small error.
        return batch.mean(error + torch.log1p(torch.expm1(-2 * error) / 2))
