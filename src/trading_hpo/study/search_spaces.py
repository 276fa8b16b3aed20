"""The search spaces of the model types: defaults, overrides, and what is wrong with them."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

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
from trading_hpo.families.registry import MODEL_TYPES

FOCAL = ("focal_alpha", "focal_gamma")


class _Groups(Config):
    """One group of parameters for all model types, and one for each, whatever model types there are."""

    model_config = ConfigDict(extra="allow")

    common: Any

    @property
    def groups(self) -> dict[str, Any]:
        """All groups that are given, by name."""
        return {"common": self.common, **(self.model_extra or {})}

    @model_validator(mode="after")
    def _known_parameters(self) -> Self:
        problems = [problem for group, space in self.groups.items() for problem in group_problems(group, space)]
        if problems:
            raise ValueError(*problems)
        return self


class SearchSpacesConfig(_Groups):
    """What every model type searches, and what each searches besides, by its name."""

    __pydantic_extra__: dict[str, Space]

    common: Space = Field(default_factory=dict)

    def of(self, model_type: str) -> Space:
        """Return what a model type searches besides; its own default where its name is not given."""
        if model_type in self.groups:
            return self.groups[model_type]
        try:
            default = SearchSpacesConfig(**{model_type: dict(MODEL_TYPES[model_type].search_space)})
        except ValidationError as error:
            raise ConfigurationError(problems_of(error, SearchSpacesConfig, "search_spaces")) from error
        return default.groups[model_type]


class CustomSpacesConfig(_Groups):
    """Overrides, parameter by parameter: an entry replaces the whole, a scalar fixes it, null removes it."""

    __pydantic_extra__: dict[str, dict[str, Parameter | Scalar | None]]

    common: dict[str, Parameter | Scalar | None] = Field(default_factory=dict)


def _entry(value: Any) -> Any:
    """A scalar fixes a parameter: a choice of one."""
    if value is None or isinstance(value, ConditionalParameter):
        return value
    return CategoricalParameter(type="categorical", choices=(value,))


def group_problems(group: str, space: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the names and values of one group; a scalar stands for itself."""
    if group != "common" and group not in MODEL_TYPES:
        yield f".{group} is not a parameter. {did_you_mean(group, ['common', *MODEL_TYPES])}"
        return
    owners = _owners(group)
    for name, given in space.items():
        if name not in owners:
            whose = "every model" if group == "common" else group
            yield f".{group}.{name} is not a parameter of {whose}. {did_you_mean(name, owners)}"
            continue
        parameter, owner = _entry(given), owners[name]
        if parameter is None:
            continue
        if isinstance(parameter, FloatParameter) and owner.model_fields[name].annotation not in (float, float | None):
            yield f".{group}.{name}.type must be int or categorical, got {parameter.type!r}."
            continue
        for value in parameter.edges():
            try:
                owner(**{name: value})
            except ValidationError as error:
                yield from (f".{group}.{problem}" for problem in problems_of(error, owner))


def _owners(group: str) -> dict[str, type[Config]]:
    """The config class of every parameter that a group may name."""
    if group != "common":
        return MODEL_TYPES[group].parameters
    shared = (config for model_type in MODEL_TYPES for config in MODEL_TYPES[model_type].shared)
    return {name: config for config in shared for name in config.model_fields}


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
    declared = MODEL_TYPES[model_type].parameters
    space: dict[str, Any] = {**spaces.common, **spaces.of(model_type)}
    for group in (custom.common, custom.groups.get(model_type, {})):
        for name, value in group.items():
            if value is None:
                space.pop(name, None)
            else:
                space[name] = _entry(value)
    space = {name: entry for name, entry in space.items() if name in declared}  # others' shared parameters are left out
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
