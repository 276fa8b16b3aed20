"""Optimisers by name."""

from trading_hpo.registry import Registry
from trading_hpo.training.optimisers.optimiser import Optimiser

OPTIMISERS: Registry[type[Optimiser]] = Registry("optimizer", {"adamw": "trading_hpo.training.optimisers.adamw:AdamW"})
