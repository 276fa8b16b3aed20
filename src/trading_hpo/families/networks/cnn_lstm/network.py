"""A convolution over time finds local shapes, an LSTM reads their order."""

from jaxtyping import Float, Int
from torch import Tensor, nn

from trading_hpo.families.networks.cnn_lstm.config import CNNLSTMConfig
from trading_hpo.families.networks.lstm.network import LSTM


class CNNLSTM(nn.Module):
    """Convolution, optional max pooling, then the LSTM network."""

    def __init__(self, config: CNNLSTMConfig, n_features: int, window_bars: int, n_assets: int, n_outputs: int) -> None:
        super().__init__()
        # Padding looks at both neighbours of a bar; all bars of a window are past, so nothing leaks.
        kernel = config.cnn_kernel_size_1
        self.convolution = nn.Conv1d(n_features, config.cnn_filters_1, kernel, padding=kernel // 2)
        self.activation = nn.ReLU()
        # A window of one bar has nothing to pool.
        pools = config.use_max_pooling and window_bars > 1
        self.pooling = nn.MaxPool1d(2) if pools else nn.Identity()
        self.lstm = LSTM(config, config.cnn_filters_1, window_bars, n_assets, n_outputs)

    def forward(self, windows: Float[Tensor, "B L F"], asset: Int[Tensor, " B"]) -> Float[Tensor, "B O"]:
        """Return one row of outputs per window."""
        # An even kernel leaves one bar too many.
        convolved = self.convolution(windows.transpose(1, 2))[..., : windows.shape[1]]  # [B, C, L]
        shapes = self.activation(convolved)
        return self.lstm(self.pooling(shapes).transpose(1, 2), asset)  # [B, O]
