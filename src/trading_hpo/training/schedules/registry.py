"""Schedules by name."""

from trading_hpo.registry import Registry
from trading_hpo.training.schedules.schedule import Schedule

SCHEDULES: Registry[type[Schedule]] = Registry(
    "schedule",
    {
        "constant": "trading_hpo.training.schedules.constant:Constant",
        "cosine": "trading_hpo.training.schedules.cosine:Cosine",
        "cosine_restarts": "trading_hpo.training.schedules.cosine_restarts:CosineRestarts",
        "one_cycle": "trading_hpo.training.schedules.one_cycle:OneCycle",
        "cyclical": "trading_hpo.training.schedules.cyclical:Cyclical",
        "exponential": "trading_hpo.training.schedules.exponential:Exponential",
        "plateau": "trading_hpo.training.schedules.plateau:Plateau",
        "performance": "trading_hpo.training.schedules.performance:Performance",
        "multi_phase": "trading_hpo.training.schedules.multi_phase:MultiPhase",
    },
)
