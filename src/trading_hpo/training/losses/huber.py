"""Huber loss."""

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


class Huber(Loss):
    """The mean of ``e^2 / 2`` where ``|e| <= delta``, and of ``delta (|e| - delta / 2)`` beyond.

    Robust: a small error counts as in ``mse``, a large one as in ``mae``. The error ``e`` of a forecast and ``delta``
    are in units of the target's spread.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Huber (1964), Robust Estimation of a Location Parameter.
    """

    name: ClassVar[str] = "huber"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    huber_delta: float = Field(
        default=1.0, gt=0, le=100, description="error from which the loss is linear, in units of the target's spread"
    )

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch.nn.functional as F

        return batch.mean(F.huber_loss(batch.output, batch.target, reduction="none", delta=self.huber_delta))
