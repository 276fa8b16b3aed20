"""Adam."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.training.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn, optim


class Adam(Optimizer):
    """Gradients divided by their own size, with a penalty on squared weights in the gradient.

    The penalty is divided too, so it shrinks weights with large gradients less: another regulariser than the
    ``weight_decay`` of AdamW, with a name of its own.

    Source: Kingma and Ba (2015), Adam: A Method for Stochastic Optimization, algorithm 1.
    """

    name: ClassVar[str] = "adam"

    l2_penalty: float = Field(default=0.0, ge=0, le=10, description="times the weights it is added to their gradients")

    def make(self, network: nn.Module, learning_rate: float) -> optim.Optimizer:
        """Return torch's fused implementation."""
        import torch

        return torch.optim.Adam(network.parameters(), lr=learning_rate, weight_decay=self.l2_penalty, fused=True)
