"""Mean absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class MeanAbsoluteError(Loss):
    """The mean of ``|e|``, errors in units of the target's spread; its best forecast is the median.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Koenker and Bassett (1978), Regression Quantiles, at the level 0.5.
    """

    name: ClassVar[str] = "mae"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch.nn.functional as F

        return batch.mean(F.l1_loss(batch.output, batch.target, reduction="none"))
