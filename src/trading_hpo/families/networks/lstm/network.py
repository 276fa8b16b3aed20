"""Long short-term memory."""

from torch import nn

from trading_hpo.families.networks.recurrent import Recurrent


class LSTM(Recurrent):
    """Source: Hochreiter and Schmidhuber (1997)."""

    cell = nn.LSTM
