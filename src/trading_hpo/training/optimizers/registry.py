"""Optimizers by name."""

from trading_hpo.registry import Registry
from trading_hpo.training.optimizers.optimizer import Optimizer

OPTIMIZERS: Registry[type[Optimizer]] = Registry(
    "optimizer",
    {
        "adamw": "trading_hpo.training.optimizers.adamw:AdamW",
        "adam": "trading_hpo.training.optimizers.adam:Adam",
        "radam": "trading_hpo.training.optimizers.radam:RAdam",
        "sgd": "trading_hpo.training.optimizers.sgd:SGD",
    },
)
