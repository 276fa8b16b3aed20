"""What a configuration or a trial chooses by name, each with parameters of its own: loss, optimizer, schedule."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from trading_hpo.configuration import Config, problems_of
from trading_hpo.errors import did_you_mean
from trading_hpo.registry import Registry
from trading_hpo.training.losses.registry import LOSSES, part_losses
from trading_hpo.training.optimizers.registry import OPTIMIZERS
from trading_hpo.training.schedules.registry import SCHEDULES

# By the name of the parameter that chooses, in `training` and in a search space alike.
CHOICES: Mapping[str, Registry[Any]] = {"loss": LOSSES, "optimizer": OPTIMIZERS, "schedule": SCHEDULES}
Named = str | dict[str, Any]  # a name, or a mapping of the name and options: {name: focal, focal_gamma: 1.5}


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


def parts_of(named: Named) -> tuple[Any, dict[str, Any]]:
    """Return the name, none where a mapping has none, and the options.

    Example:
        >>> parts_of("mse"), parts_of({"name": "focal", "focal_gamma": 1.5})
        (('mse', {}), ('focal', {'focal_gamma': 1.5}))
    """
    if isinstance(named, str):
        return named, {}
    return named.get("name"), {option: value for option, value in named.items() if option != "name"}


def choice_problems(choice: str, named: Named) -> Iterator[str]:
    """Yield what is wrong with a choice that a configuration makes, and with its options."""
    registry, (name, options) = CHOICES[choice], parts_of(named)
    if not isinstance(name, str):
        yield f".name is missing. {did_you_mean('', registry)}"
    elif name not in registry:
        yield registry.unknown(name)
    else:
        component: type[Config] = registry[name]
        try:
            component(**options)
        except ValidationError as error:
            yield from (f".{problem}" for problem in problems_of(error, component))
