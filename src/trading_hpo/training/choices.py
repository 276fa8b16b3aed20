"""What a configuration or a trial chooses by name, each with parameters of its own: loss, optimizer, schedule."""

from collections.abc import Mapping
from typing import Any

from trading_hpo.registry import Registry
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.registry import SCHEDULES

# By the name of the parameter that chooses, in `training` and in a search space alike.
CHOICES: Mapping[str, Registry[Any]] = {"loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}


def having(choice: str, parameter: str) -> set[str]:
    """Return the names of those that have a parameter; several of one kind may share it.

    Example:
        >>> having("loss", "focal_gamma"), having("loss", "learning_rate")
        ({'focal'}, set())
    """
    registry = CHOICES[choice]
    return {name for name in registry if parameter in registry[name].model_fields}
