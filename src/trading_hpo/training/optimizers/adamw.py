"""AdamW."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.training.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn, optim


class AdamW(Optimizer):
    """Adam with weight decay apart from the gradient.

    All weights decay, biases, norms and embeddings too (decision 0016).

    Source: Loshchilov and Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2.
    """

    name: ClassVar[str] = "adamw"

    weight_decay: float = Field(
        default=1e-5, ge=0, le=10, description="share that a step takes off the weights, times the learning rate"
    )

    def make(self, network: nn.Module, learning_rate: float) -> optim.Optimizer:
        """Return torch's fused implementation: small networks train 1.2 to 1.3 times as fast with it."""
        import torch

        return torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=self.weight_decay, fused=True)
