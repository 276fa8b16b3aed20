"""A network that must be told how many numbers to give."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from .fork_config import ForkConfig


class Fork(nn.Module):
    """A trunk over the flattened window, and an arm for each output."""

    def __init__(self, config: ForkConfig, n_features: int, window_bars: int, n_assets: int, n_outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_assets, config.asset_embedding_dim)
        inputs = window_bars * n_features + config.asset_embedding_dim
        self.trunk = nn.Sequential(nn.Linear(inputs, config.trunk_dim), nn.Tanh(), nn.Dropout(config.dropout_rate))
        self.arms = nn.ModuleList(nn.Linear(config.trunk_dim, 1) for _ in range(n_outputs))

    def forward(self, windows: Float[Tensor, "B L F"], asset: Int[Tensor, " B"]) -> Float[Tensor, "B O"]:
        """Return one row of outputs per window."""
        state = self.trunk(torch.cat([windows.flatten(1), self.embedding(asset)], dim=1))  # [B, D]
        return torch.cat([arm(state) for arm in self.arms], dim=1)
