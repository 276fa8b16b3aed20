"""The size of each network; free of torch, so that reading a configuration stays fast."""

from pydantic import Field

from trading_hpo.configuration import Config


class NetworkConfig(Config):
    """What every network has."""

    dropout_rate: float = Field(default=0.2, ge=0, lt=1)
    asset_embedding_dim: int = Field(default=8, ge=1, le=1024)


class MLPConfig(NetworkConfig):
    """Layers beyond the second are as wide as the second."""

    hidden_layers: int = Field(default=2, ge=1, le=16)
    hidden_dim_1: int = Field(default=128, ge=1, le=8192)
    hidden_dim_2: int = Field(default=64, ge=1, le=8192)


class RecurrentConfig(NetworkConfig):
    """LSTM and GRU; the parameters of both carry the name of the first."""

    lstm_hidden_dim: int = Field(default=32, ge=1, le=4096)
    lstm_num_layers: int = Field(default=1, ge=1, le=8)
    attention_dim: int = Field(default=32, ge=1, le=4096)
    use_layer_norm: bool = True


class CNNLSTMConfig(RecurrentConfig):
    """A convolution before the LSTM."""

    cnn_filters_1: int = Field(default=32, ge=1, le=4096)
    cnn_kernel_size_1: int = Field(default=3, ge=1, le=64)
    use_max_pooling: bool = False


CONFIGS: dict[str, type[NetworkConfig]] = {
    "mlp": MLPConfig,
    "lstm": RecurrentConfig,
    "gru": RecurrentConfig,
    "cnn_lstm": CNNLSTMConfig,
}
