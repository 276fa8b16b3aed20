"""What a configuration or a trial chooses by name, each with parameters of its own: loss, optimizer, schedule."""

from collections.abc import Mapping
from typing import Any

from trading_hpo.registry import Registry
from trading_hpo.training.losses.registry import LOSSES, part_losses
from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.registry import SCHEDULES

# By the name of the parameter that chooses, in `training` and in a search space alike.
CHOICES: Mapping[str, Registry[Any]] = {"loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}


def having(choice: str, parameter: str) -> set[str]:
    """Return the names of those that have a parameter; several of one kind may share it.

    Example:
        >>> having("loss", "joint_weight"), having("loss", "learning_rate")
        ({'joint'}, set())
    """
    registry = CHOICES[choice]
    return {name for name in registry if parameter in parameters_of(registry[name])}


def parameters_of(component: Any) -> set[str]:
    """Return the names of a component's parameters; a loss that is made of others has theirs too.

    Example:
        >>> sorted(parameters_of(LOSSES["focal"])), {"joint_weight", "focal_gamma"} <= parameters_of(LOSSES["joint"])
        (['focal_alpha', 'focal_gamma'], True)
    """
    kinds = getattr(component, "parts", {}).values()
    inner = (name for kind in kinds for one in part_losses(kind) for name in LOSSES[one].model_fields)
    return {*component.model_fields, *inner}
