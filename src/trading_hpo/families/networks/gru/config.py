"""A GRU has the sizes of an LSTM."""

from trading_hpo.families.networks.config import network_type
from trading_hpo.families.networks.lstm.config import RecurrentConfig

MODEL_TYPE = network_type(RecurrentConfig, f"{__package__}.network:GRU")
