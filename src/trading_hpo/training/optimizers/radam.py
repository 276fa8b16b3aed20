"""RAdam."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from trading_hpo.training.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from torch import nn, optim


class RAdam(Optimizer):
    """Adam that holds back while it has seen too few gradients to know their size: a warm-up without a length.

    Weight decay is apart from the gradient, as in AdamW. torch begins to divide by the size of gradients one step later
    than the paper, as the authors' own code does.

    Source: Liu et al. (2020), On the Variance of the Adaptive Learning Rate and Beyond, algorithm 2.
    """

    name: ClassVar[str] = "radam"

    weight_decay: float = Field(
        default=1e-5, ge=0, le=10, description="share that a step takes off the weights, times the learning rate"
    )

    def make(self, network: nn.Module, learning_rate: float) -> optim.Optimizer:
        """Return torch's implementation over all weights at once: it has none that is fused."""
        import torch

        return torch.optim.RAdam(
            network.parameters(),
            lr=learning_rate,
            weight_decay=self.weight_decay,
            decoupled_weight_decay=True,
            foreach=True,
        )
