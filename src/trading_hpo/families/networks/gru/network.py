"""Gated recurrent unit."""

from torch import nn

from trading_hpo.families.networks.recurrent import Recurrent


class GRU(Recurrent):
    """Source: Cho et al. (2014)."""

    cell = nn.GRU
