"""Schedules by name."""

from trading_hpo.registry import Registry
from trading_hpo.training.schedules.schedule import Schedule

SCHEDULES: Registry[type[Schedule]] = Registry(
    "schedule", {"constant": "trading_hpo.training.schedules.constant:Constant"}
)
