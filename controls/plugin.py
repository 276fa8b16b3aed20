"""A plug-in of the project: the task and the features that only controls have."""

from controls.leaky_features import LEAKY
from controls.shuffled_direction import ShuffledDirection
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES
from trading_hpo.tasks.registry import TASKS

TASKS.add(ShuffledDirection.name, ShuffledDirection)
for name, compute in LEAKY.items():
    FEATURES.add(name, Feature(compute, 0))
