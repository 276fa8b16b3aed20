"""The sizes of an LSTM, and of other networks with a recurrent layer."""

from pydantic import Field

from trading_hpo.families.networks.config import NetworkConfig, network_type


class RecurrentConfig(NetworkConfig):
    """The parameters carry the name of the LSTM, whatever the cell."""

    lstm_hidden_dim: int = Field(default=32, ge=1, le=4096)
    lstm_num_layers: int = Field(default=1, ge=1, le=8)
    attention_dim: int = Field(default=32, ge=1, le=4096)
    use_layer_norm: bool = True


MODEL_TYPE = network_type(RecurrentConfig, f"{__package__}.network:LSTM")
