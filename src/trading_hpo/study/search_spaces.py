"""The search spaces of the model types: defaults, overrides, and what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from trading_hpo.configuration import Config, problems_of
from trading_hpo.engine.space import (
    AnyParameter,
    CategoricalParameter,
    ConditionalParameter,
    FloatParameter,
    Parameter,
    Space,
    Value,
)
from trading_hpo.errors import ConfigurationError, did_you_mean
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.registry import Registry
from trading_hpo.tasks.positions.registry import CHOSEN_BY, POSITIONS, parameters_of_rule
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.choices import CHOICES, having
from trading_hpo.training.config import TrainingConfig, losses_for
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES, part_losses

Override = Parameter | Value | None


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
    """Overrides, parameter by parameter: an entry replaces the whole, a value fixes it, null removes it."""

    __pydantic_extra__: dict[str, dict[str, Override]]

    common: dict[str, Override] = Field(default_factory=dict)


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
    choices, owners = _choices(group), _owners(group)
    fields = (name for kind in owners.values() for owner in kind for name in owner.model_fields if name != "name")
    known = dict.fromkeys([*choices, *fields])  # several components may share a name
    for name, given in space.items():
        parameter = _entry(given)
        if name not in known:
            whose = "every model" if group == "common" else group
            yield f".{group}.{name} is not a parameter of {whose}. {did_you_mean(name, known)}"
        elif parameter is not None:
            found = (
                _choice_problems(name, parameter, choices[name])
                if name in choices
                else _value_problems(name, parameter, owners)
            )
            yield from (f".{group}.{problem}" for problem in found)


def _choices(group: str) -> dict[str, Registry[Any]]:
    """What trials of a group's model types may choose by name; those that are fitted many at once trade all alike."""
    names = MODEL_TYPES if group == "common" else [group]
    rules = {CHOSEN_BY: POSITIONS} if any(MODEL_TYPES[name].candidates_per_batch == 1 for name in names) else {}
    return {choice: known for name in names for choice, known in MODEL_TYPES[name].choices.items()} | rules


def _owners(group: str) -> dict[str, list[type[Config]]]:
    """The config classes whose parameters a group may name, by what they are of."""
    if group == "common":
        own = [config for name in MODEL_TYPES for config in MODEL_TYPES[name].common]
    else:
        own = [*MODEL_TYPES[group].common, MODEL_TYPES[group].config]
    chosen = {
        f"a choice of {choice}": [registry[name] for name in registry] for choice, registry in _choices(group).items()
    }
    return {"the model": list(dict.fromkeys(own)), **chosen}


def _choice_problems(choice: str, parameter: Any, known: Registry[Any]) -> Iterator[str]:
    if not isinstance(parameter, CategoricalParameter):
        yield f"{choice}.type must be categorical, got {parameter.type!r}."
        return
    yield from (f"{choice}: {known.unknown(str(name))}" for name in parameter.choices if name not in known)


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
    edges = parameter.edges()
    # A bound of a number may be 0, from either side.
    inside = (0,) if not isinstance(parameter, CategoricalParameter) and edges[0] < 0 < edges[1] else ()
    for owner, value in product(those, (*edges, *inside)):
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
) -> dict[str, AnyParameter]:
    """Return the space of a model type, overrides applied.

    Parameters of a loss, an optimizer or a schedule are suggested only where it is chosen. Where it cannot be, or where
    the training group fixes them, they are left out: they would change nothing.

    Args:
        spaces: Defaults.
        custom: Overrides.
        model_type: Whose.
        training: Has the choices and options that are not searched.
        target_kind: That the losses must be able to learn.

    Raises:
        ConfigurationError: A condition names a parameter that is not suggested before, or a loss cannot learn the
            target.
    """
    space: dict[str, Any] = {**spaces.common, **spaces.of(model_type)}
    for group in (custom.common, custom.groups.get(model_type, {})):
        for name, value in group.items():
            if value is None:
                space.pop(name, None)
            else:
                space[name] = _entry(value)
    space = {name: entry for name, entry in space.items() if name in _declared(model_type)}  # others' are left out
    choices = MODEL_TYPES[model_type].choices
    among = {
        choice: space[choice].choices if choice in space else (training.chosen(choice, target_kind),)
        for choice in choices
    }
    fitting = losses_for(target_kind)
    problems = [
        f"{model_type}.loss must be {' or '.join(fitting)} for a target that is a {target_kind}, got {name!r}."
        for name in among.get("loss", ())
        if "loss" in space and name not in fitting
    ]
    problems += _searched_and_fixed(custom, model_type, training, among)
    space = _with_choices(space, among, training)
    for loss in among.get("loss", ()):
        space = _with_parts(space, LOSSES[loss], training.options("loss", loss))
    problems += _rules_problems(model_type, space)
    space = _with_rules(space)
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


def _declared(model_type: str) -> set[str]:
    """All that a trial of a model type may choose."""
    owners = _owners(model_type).values()
    return {*_choices(model_type), *(name for some in owners for owner in some for name in owner.model_fields)}


def _searched_and_fixed(
    custom: CustomSpacesConfig, model_type: str, training: TrainingConfig, among: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """An option of `training` takes a parameter out of the space; who has put it there by hand means otherwise."""
    by_hand = {
        name
        for group in ("common", model_type)
        for name, own in custom.groups.get(group, {}).items()
        if own is not None
    }
    for choice, names in among.items():
        for name in dict.fromkeys(option for one in names for option in training.options(choice, one)):
            if name in by_hand:
                yield f"{model_type}.{name} must be searched or fixed in training.{choice}, got both. Remove one."


def _with_choices(
    space: Mapping[str, Any], among: Mapping[str, Sequence[str]], training: TrainingConfig
) -> dict[str, Any]:
    """Put choices first, and give the parameters that belong to some of them the condition that one is chosen."""
    resolved = {choice: space[choice] for choice in among if choice in space}
    for name, entry in space.items():
        belongs = {choice: having(choice, name) for choice in among if having(choice, name)}
        chosen = {
            choice: [one for one in among[choice] if one in some and name not in training.options(choice, one)]
            for choice, some in belongs.items()
        }
        if all(chosen.values()):
            # Where every choice has the parameter, or the choice is fixed, there is nothing to ask.
            asked = {choice: some for choice, some in chosen.items() if len(some) < len(among[choice])}
            resolved[name] = entry.model_copy(update={"only_if": {**asked, **entry.only_if}})
    return resolved


def _with_parts(space: Mapping[str, Any], loss: type[Loss], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters of the losses that a loss may be made of the condition that the one they belong to is a part.

    Those of which none can be a part are left out.
    """
    among = {
        part: space[part].choices if part in space else (fixed.get(part, loss.model_fields[part].default),)
        for part in loss.parts
    }
    resolved = {name: space[name] for name in (*CHOICES, *among) if name in space}
    for name, entry in space.items():
        owners = {one for kind in loss.parts.values() for one in part_losses(kind) if name in LOSSES[one].model_fields}
        chosen = {part: [one for one in some if one in owners] for part, some in among.items()}
        asked = {part: some for part, some in chosen.items() if 0 < len(some) < len(among[part])}
        if not owners:
            resolved.setdefault(name, entry)
        elif any(chosen.values()):
            resolved[name] = entry.model_copy(update={"only_if": {**asked, **entry.only_if}})
    return resolved


def _rules_problems(model_type: str, space: Mapping[str, Any]) -> Iterator[str]:
    """What a position rule has is searched with the rule alone: it changes what is judged, so the space must say so."""
    if CHOSEN_BY not in space:
        yield from (
            f"{model_type}.{name} must be searched with {CHOSEN_BY}, which is not: it is a parameter of a position "
            f"rule. Add {CHOSEN_BY}: {{type: categorical, choices: [{rule}]}}."
            for name in space
            for rule in POSITIONS
            if name in parameters_of_rule(rule)
        )


def _with_rules(space: Mapping[str, Any]) -> dict[str, Any]:
    """Put the position rule first, and give the parameters of some rules the condition that one of these is chosen."""
    among = space[CHOSEN_BY].choices if CHOSEN_BY in space else ()
    resolved = {CHOSEN_BY: space[CHOSEN_BY]} if among else {}
    for name, entry in space.items():
        owners = [rule for rule in POSITIONS if name in parameters_of_rule(rule)]
        chosen = [rule for rule in among if rule in owners]
        if not owners:
            resolved.setdefault(name, entry)
        elif chosen:
            asked = {CHOSEN_BY: chosen} if len(chosen) < len(among) else {}
            resolved[name] = entry.model_copy(update={"only_if": {**asked, **entry.only_if}})
    return resolved


def longest_window(space: Mapping[str, Any], default: int) -> int:
    """Return the longest window that the space can ask for."""
    parameter = space.get("window_bars")
    return max(int(edge) for edge in parameter.edges()) if parameter is not None else default
