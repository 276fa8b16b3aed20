"""Enters the leaky features, as a plug-in does."""

from leaky_features import LEAKY

from trading_hpo.market.features.registry import FEATURES

for name, feature in LEAKY.items():
    FEATURES.add(name, feature)
