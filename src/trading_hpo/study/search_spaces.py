"""The search spaces of the model types: defaults, overrides, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from trading_hpo.configuration import Config, problems_of
from trading_hpo.engine.space import (
    CategoricalParameter,
    ConditionalParameter,
    FloatParameter,
    IntParameter,
    Parameter,
    Scalar,
    Space,
)
from trading_hpo.errors import ConfigurationError, did_you_mean
from trading_hpo.families.networks.configs import CONFIGS, NetworkConfig
from trading_hpo.training.config import Hyperparameters
from trading_hpo.types import MODEL_TYPES

FOCAL = ("focal_alpha", "focal_gamma")


class SearchSpacesConfig(Config):
    """What every model type searches, and what each searches besides."""

    common: Space = Field(default_factory=dict)
    mlp: Space = Field(default_factory=dict)
    lstm: Space = Field(default_factory=dict)
    gru: Space = Field(default_factory=dict)
    cnn_lstm: Space = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_parameters(self) -> Self:
        problems = [
            problem for group in ("common", *MODEL_TYPES) for problem in group_problems(group, getattr(self, group))
        ]
        if problems:
            raise ValueError(*problems)
        return self


class CustomSpacesConfig(Config):
    """Overrides, parameter by parameter: an entry replaces the whole, a scalar fixes it, null removes it."""

    common: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)
    mlp: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)
    lstm: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)
    gru: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)
    cnn_lstm: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_parameters(self) -> Self:
        problems = [
            problem
            for group in ("common", *MODEL_TYPES)
            for problem in group_problems(group, {n: _entry(v) for n, v in getattr(self, group).items()})
        ]
        if problems:
            raise ValueError(*problems)
        return self


def _entry(value: Any) -> Any:
    """A scalar fixes a parameter: a choice of one."""
    if value is None or isinstance(value, ConditionalParameter):
        return value
    return CategoricalParameter(type="categorical", choices=(value,))


def group_problems(group: str, space: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the names and values of one group of a search space."""
    network = NetworkConfig if group == "common" else CONFIGS[group]
    fields = {**Hyperparameters.model_fields, **network.model_fields}
    for name, parameter in space.items():
        if name not in fields:
            owners = "every model" if group == "common" else group
            yield f"{group}.{name} is not a parameter of {owners}. {did_you_mean(name, fields)}"
            continue
        if parameter is None:
            continue
        owner = Hyperparameters if name in Hyperparameters.model_fields else network
        if isinstance(parameter, FloatParameter) and fields[name].annotation not in (float, float | None):
            yield f"{group}.{name}.type must be int or categorical, got {parameter.type!r}."
            continue
        for value in parameter.edges():
            try:
                owner(**{name: value})
            except ValidationError as error:
                yield from (f"{group}.{problem}" for problem in problems_of(error, owner))


def resolve_space(
    spaces: SearchSpacesConfig, custom: CustomSpacesConfig, model_type: str, loss: str
) -> dict[str, FloatParameter | IntParameter | CategoricalParameter]:
    """Return the space of a model type, overrides applied.

    The focal loss's own parameters are left out under another loss: they would change nothing.

    Args:
        spaces: Defaults.
        custom: Overrides.
        model_type: Whose.
        loss: Name of the loss.

    Raises:
        ConfigurationError: A condition names a parameter that is not suggested before.
    """
    space: dict[str, Any] = {**spaces.common, **getattr(spaces, model_type)}
    for group in (custom.common, getattr(custom, model_type)):
        for name, value in group.items():
            if value is None:
                space.pop(name, None)
            else:
                space[name] = _entry(value)
    space = {name: entry for name, entry in space.items() if loss == "focal" or name not in FOCAL}
    names = list(space)
    problems = [
        f"{model_type}.{name}.only_if must name a parameter that comes before it, got {other!r}."
        for name, entry in space.items()
        for other in entry.only_if
        if other not in names[: names.index(name)]
    ]
    if problems:
        raise ConfigurationError(problems)
    return space


def longest_window(space: Mapping[str, Any], default: int) -> int:
    """Return the longest window that the space can ask for."""
    parameter = space.get("window_bars")
    return max(int(edge) for edge in parameter.edges()) if parameter is not None else default
