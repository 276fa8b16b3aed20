"""Parts that several networks share."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class AttentionPooling(nn.Module):
    """Additive attention over time: a learned weighted mean of the hidden states.

    Source: Bahdanau, Cho and Bengio (2015), section 3.1, with a fixed query.
    """

    def __init__(self, hidden_dim: int, attention_dim: int) -> None:
        super().__init__()
        self.project = nn.Linear(hidden_dim, attention_dim)
        self.score = nn.Linear(attention_dim, 1, bias=False)

    def forward(self, states: Float[Tensor, "B L D"]) -> Float[Tensor, "B D"]:
        """Pool the states of L bars into one."""
        weights = torch.softmax(self.score(torch.tanh(self.project(states))), dim=1)  # [B, L, 1]
        return (weights * states).sum(dim=1)  # [B, D]


class AssetHead(nn.Module):
    """The summary of a window and the asset's embedding -> outputs."""

    def __init__(self, summary_dim: int, n_assets: int, embedding_dim: int, n_outputs: int, dropout: float) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_assets, embedding_dim)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(summary_dim + embedding_dim, n_outputs)

    def forward(self, summary: Float[Tensor, "B D"], asset: Tensor) -> Float[Tensor, "B O"]:
        """Join and project."""
        joined = torch.cat([summary, self.embedding(asset)], dim=1)
        return self.output(self.dropout(joined))
