"""The sizes of a convolution and of the LSTM after it."""

from pydantic import Field

from trading_hpo.families.networks.config import network_type
from trading_hpo.families.networks.lstm.config import RecurrentConfig


class CNNLSTMConfig(RecurrentConfig):
    """A convolution before the LSTM."""

    cnn_filters_1: int = Field(default=32, ge=1, le=4096)
    cnn_kernel_size_1: int = Field(default=3, ge=1, le=64)
    use_max_pooling: bool = False


MODEL_TYPE = network_type(CNNLSTMConfig, f"{__package__}.network:CNNLSTM")
