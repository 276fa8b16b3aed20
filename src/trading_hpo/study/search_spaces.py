"""The search spaces of the model types: defaults, overrides, and what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
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
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.choices import CHOICES, components, having
from trading_hpo.training.config import Hyperparameters, TrainingConfig, losses_for
from trading_hpo.types import MODEL_TYPES


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
    owners: dict[str, list[type[Config]]] = {
        "every training": [Hyperparameters],
        **{f"a choice of {choice}": list(components(choice).values()) for choice in CHOICES},
        "the network": [NetworkConfig if group == "common" else CONFIGS[group]],
    }
    fields = (name for kind in owners.values() for owner in kind for name in owner.model_fields)
    known = dict.fromkeys([*CHOICES, *fields])  # several components may share a name
    for name, parameter in space.items():
        if name not in known:
            whose = "every model" if group == "common" else group
            yield f"{group}.{name} is not a parameter of {whose}. {did_you_mean(name, known)}"
        elif parameter is not None:
            found = _choice_problems(name, parameter) if name in CHOICES else _value_problems(name, parameter, owners)
            yield from (f"{group}.{problem}" for problem in found)


def _choice_problems(choice: str, parameter: Any) -> Iterator[str]:
    if not isinstance(parameter, CategoricalParameter):
        yield f"{choice}.type must be categorical, got {parameter.type!r}."
        return
    yield from (f"{choice}: {CHOICES[choice].unknown(str(n))}" for n in parameter.choices if n not in CHOICES[choice])


def _value_problems(name: str, parameter: Any, owners: Mapping[str, Sequence[type[Config]]]) -> Iterator[str]:
    """Yield what is wrong with a range; several components of one kind may have the parameter."""
    found = [(kind, one) for kind, some in owners.items() for one in some if name in one.model_fields]
    (kind, *others), those = dict.fromkeys(kind for kind, _ in found), [one for _, one in found]
    if others:
        yield f"{name} is a parameter of {' and of '.join([kind, *others])}. Rename the plug-in's."
        return
    annotations = {one.model_fields[name].annotation for one in those}
    if isinstance(parameter, FloatParameter) and not annotations <= {float, float | None}:
        yield f"{name}.type must be int or categorical, got {parameter.type!r}."
        return
    problems: dict[str, None] = {}
    for owner, value in product(those, parameter.edges()):
        try:
            owner(**{name: value})
        except ValidationError as error:
            problems.update(dict.fromkeys(problems_of(error, owner)))
    yield from problems


def resolve_space(
    spaces: SearchSpacesConfig,
    custom: CustomSpacesConfig,
    model_type: str,
    training: TrainingConfig,
    target_kind: TargetKind,
) -> dict[str, FloatParameter | IntParameter | CategoricalParameter]:
    """Return the space of a model type, overrides applied.

    Parameters of a loss, an optimiser or a schedule are suggested only where it is chosen. Where it cannot be, they are
    left out: they would change nothing.

    Args:
        spaces: Defaults.
        custom: Overrides.
        model_type: Whose.
        training: Has the choices that are not searched.
        target_kind: That the losses must be able to learn.

    Raises:
        ConfigurationError: A condition names a parameter that is not suggested before, or a loss cannot learn the
            target.
    """
    space: dict[str, Any] = {**spaces.common, **getattr(spaces, model_type)}
    for group in (custom.common, getattr(custom, model_type)):
        for name, value in group.items():
            if value is None:
                space.pop(name, None)
            else:
                space[name] = _entry(value)
    among = {
        choice: space[choice].choices if choice in space else (training.chosen(choice, target_kind),)
        for choice in CHOICES
    }
    fitting = losses_for(target_kind)
    problems = [
        f"{model_type}.loss must be {' or '.join(fitting)} for a target that is a {target_kind}, got {name!r}."
        for name in among["loss"]
        if "loss" in space and name not in fitting
    ]
    space = _with_choices(space, among)
    names = list(space)
    problems += [
        f"{model_type}.{name}.only_if must name a parameter that comes before it, got {other!r}."
        for name, entry in space.items()
        for other in entry.only_if
        if other not in names[: names.index(name)]
    ]
    if problems:
        raise ConfigurationError(problems)
    return space


def _with_choices(space: Mapping[str, Any], among: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Put choices first, and give the parameters that belong to some of them the condition that one is chosen."""
    resolved = {choice: space[choice] for choice in CHOICES if choice in space}
    for name, entry in space.items():
        belongs = {choice: having(choice, name) for choice in CHOICES if having(choice, name)}
        chosen = {choice: [one for one in among[choice] if one in some] for choice, some in belongs.items()}
        if all(chosen.values()):
            # Where every choice has the parameter, or the choice is fixed, there is nothing to ask.
            asked = {choice: some for choice, some in chosen.items() if len(some) < len(among[choice])}
            resolved[name] = entry.model_copy(update={"only_if": {**asked, **entry.only_if}})
    return resolved


def longest_window(space: Mapping[str, Any], default: int) -> int:
    """Return the longest window that the space can ask for."""
    parameter = space.get("window_bars")
    return max(int(edge) for edge in parameter.edges()) if parameter is not None else default
