"""A network around a recurrent cell; model types differ by the cell."""

from collections.abc import Callable

from jaxtyping import Float, Int
from torch import Tensor, nn

from trading_hpo.families.networks.layers import AssetHead, AttentionPooling
from trading_hpo.families.networks.lstm.config import RecurrentConfig


class Recurrent(nn.Module):
    """Recurrent layers over the window, attention over their states, then the head."""

    cell: Callable[..., nn.RNNBase]

    def __init__(
        self, config: RecurrentConfig, n_features: int, window_bars: int, n_assets: int, n_outputs: int
    ) -> None:
        super().__init__()
        del window_bars  # any length will do
        width, depth = config.lstm_hidden_dim, config.lstm_num_layers
        # torch drops out between layers only and warns where there is nothing between.
        between = config.dropout_rate if depth > 1 else 0.0
        self.recurrent = self.cell(n_features, width, depth, batch_first=True, dropout=between)
        self.pool = AttentionPooling(width, config.attention_dim)
        self.norm = nn.LayerNorm(width) if config.use_layer_norm else nn.Identity()
        self.head = AssetHead(width, n_assets, config.asset_embedding_dim, n_outputs, config.dropout_rate)

    def forward(self, windows: Float[Tensor, "B L F"], asset: Int[Tensor, " B"]) -> Float[Tensor, "B O"]:
        """Return one row of outputs per window."""
        states, _ = self.recurrent(windows)  # [B, L, D]
        return self.head(self.norm(self.pool(states)), asset)  # [B, O]
