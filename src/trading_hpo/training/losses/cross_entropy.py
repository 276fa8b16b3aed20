"""Binary cross entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trading_hpo.tasks.head import LOGIT, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class CrossEntropy(Loss):
    """The mean of ``-log p_t``, with ``p_t`` the probability of the observed class.

    In nats. Learns classes; the output is the logit of the positive one. Rows are drawn one by one.

    Source: Cox (1958), The Regression Analysis of Binary Sequences.
    """

    name: ClassVar[str] = "cross_entropy"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("class",)
    head: ClassVar[Head] = LOGIT

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of logits."""
        import torch.nn.functional as F

        if batch.weight is None:
            # torch's own mean divides the gradient by B, a mean of rows multiplies by 1 / B: the last bit differs, and
            # studies made with the former must verify.
            return F.binary_cross_entropy_with_logits(batch.output, batch.target)
        return batch.mean(F.binary_cross_entropy_with_logits(batch.output, batch.target, reduction="none"))
