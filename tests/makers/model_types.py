"""Which registered model types are networks: what is true of these alone is tested on each of them."""

from trading_hpo.families.registry import MODEL_TYPES

_FAMILY = "trading_hpo.families.networks.family:NETWORKS"

NETWORKS = tuple(name for name in MODEL_TYPES if MODEL_TYPES[name].family == _FAMILY)
