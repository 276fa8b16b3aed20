"""Multilayer perceptron over the flattened window."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from trading_hpo.families.networks.mlp.config import MLPConfig


class MLP(nn.Module):
    """Window and asset embedding, flattened, through ``hidden_layers`` layers."""

    def __init__(self, config: MLPConfig, n_features: int, window_bars: int, n_assets: int, n_outputs: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_assets, config.asset_embedding_dim)
        widths = [config.hidden_dim_1] + [config.hidden_dim_2] * (config.hidden_layers - 1)
        layers: list[nn.Module] = []
        inputs = window_bars * n_features + config.asset_embedding_dim
        for width in widths:
            layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(config.dropout_rate)]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, n_outputs))

    def forward(self, windows: Float[Tensor, "B L F"], asset: Int[Tensor, " B"]) -> Float[Tensor, "B O"]:
        """Return one row of outputs per window."""
        joined = torch.cat([windows.flatten(1), self.embedding(asset)], dim=1)  # [B, L * F + E]
        return self.layers(joined)  # [B, O]
