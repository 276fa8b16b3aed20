"""Mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class MeanSquaredError(Loss):
    """The mean of ``e^2``, errors in units of the target's spread; its best forecast is the mean.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Gauss (1821), Theoria combinationis observationum erroribus minimis obnoxiae.
    """

    name: ClassVar[str] = "mse"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch.nn.functional as F

        return batch.mean(F.mse_loss(batch.output, batch.target, reduction="none"))
