"""Focal loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.tasks.head import LOGIT, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class Focal(Loss):
    """The mean of ``-alpha_t (1 - p_t)^gamma log p_t``, with ``p_t`` the probability of the observed class.

    In nats. Learns classes; the output is the logit of the positive one. Rows are drawn one by one.

    Source: Lin et al. (2017), Focal Loss for Dense Object Detection, equation 5.
    """

    name: ClassVar[str] = "focal"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("class",)
    head: ClassVar[Head] = LOGIT

    focal_alpha: float = Field(
        default=0.25, ge=0, le=1, description="weight of the positive class; the negative one has the rest"
    )
    focal_gamma: float = Field(
        default=2.0, ge=0, le=20, description="how much easy rows count less; 0 leaves weighted cross entropy"
    )

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of logits."""
        import torch
        import torch.nn.functional as F

        logits, target, alpha = batch.output, batch.target, self.focal_alpha
        sign = 2 * target - 1
        log_p_t = F.logsigmoid(sign * logits)
        # log(1 - p_t), without cancellation; a power of 1 - p_t itself has no finite gradient at 0 if gamma < 1.
        log_miss = F.logsigmoid(-sign * logits)
        weight = alpha * target + (1 - alpha) * (1 - target)
        return -batch.mean(weight * torch.exp(self.focal_gamma * log_miss) * log_p_t)
