"""Stochastic gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.training.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn, optim


class SGD(Optimizer):
    """Gradients with Nesterov momentum, and a penalty on squared weights in the gradient.

    A gradient is not divided by its size as in Adam, so good learning rates are often a hundred times as high.

    Source: Sutskever et al. (2013), On the Importance of Initialization and Momentum in Deep Learning, section 2.
    """

    name: ClassVar[str] = "sgd"
    states_per_weight: ClassVar[int] = 1

    sgd_momentum: float = Field(default=0.9, ge=0, lt=1, description="share of the last step; 0: none")
    l2_penalty: float = Field(default=0.0, ge=0, le=10, description="times the weights it is added to their gradients")

    def make(self, network: nn.Module, learning_rate: float) -> optim.Optimizer:
        """Return torch's fused implementation, which has no Nesterov momentum of 0."""
        import torch

        return torch.optim.SGD(
            network.parameters(),
            lr=learning_rate,
            momentum=self.sgd_momentum,
            nesterov=self.sgd_momentum > 0,
            weight_decay=self.l2_penalty,
            fused=True,
        )
