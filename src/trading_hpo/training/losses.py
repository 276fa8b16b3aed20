"""Losses by name: outputs and targets of a batch -> one number."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from trading_hpo.training.config import Hyperparameters

Loss = Callable[[Float[Tensor, "B O"], Float[Tensor, "B C"]], Float[Tensor, ""]]


def focal_loss(
    logits: Float[Tensor, "*B"], target: Float[Tensor, "*B"], alpha: float, gamma: float
) -> Float[Tensor, ""]:
    """Return the mean of ``-alpha_t (1 - p_t)^gamma log p_t``.

    Source: Lin et al. (2017), Focal Loss for Dense Object Detection, equation 5.

    Args:
        logits: Before the sigmoid.
        target: 0 or 1.
        alpha: Weight of the positive class; the negative one has ``1 - alpha``.
        gamma: How much easy rows are played down; 0 leaves weighted cross entropy.
    """
    sign = 2 * target - 1
    log_p_t = F.logsigmoid(sign * logits)
    # log(1 - p_t), without cancellation; a power of 1 - p_t itself has no finite gradient at 0 if gamma < 1.
    log_miss = F.logsigmoid(-sign * logits)
    weight = alpha * target + (1 - alpha) * (1 - target)
    return -(weight * torch.exp(gamma * log_miss) * log_p_t).mean()


def make_loss(name: str, parameters: Hyperparameters) -> Loss:
    """Return the loss with the trial's own alpha and gamma.

    Args:
        name: A key of ``LOSSES``.
        parameters: Gives alpha and gamma to the focal loss.
    """
    return LOSSES[name](parameters)


LOSSES: dict[str, Callable[[Hyperparameters], Loss]] = {
    "focal": lambda chosen: lambda output, target: focal_loss(output, target, chosen.focal_alpha, chosen.focal_gamma),
    "cross_entropy": lambda _: F.binary_cross_entropy_with_logits,
    "mse": lambda _: F.mse_loss,
    "mae": lambda _: F.l1_loss,
}
