"""YAML -> search space -> a trial's parameters."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

import optuna
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from trading_hpo.configuration import Config, problems_of
from trading_hpo.errors import ConfigurationError, did_you_mean
from trading_hpo.models.configs import CONFIGS, NetworkConfig
from trading_hpo.training.config import Hyperparameters
from trading_hpo.types import MODEL_TYPES

Scalar = bool | int | float | str
FOCAL = ("focal_alpha", "focal_gamma")


class _Parameter(Config):
    only_if: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict, description="suggested only where those parameters have those values"
    )

    def applies(self, chosen: Mapping[str, Any]) -> bool:
        """Whether the parameter is suggested after ``chosen``."""
        return all(
            name in chosen and chosen[name] in (wanted if isinstance(wanted, list) else [wanted])
            for name, wanted in self.only_if.items()
        )

    def _condition(self) -> str:
        return f", only if {self.only_if}" if self.only_if else ""


class FloatParameter(_Parameter):
    """A number between two bounds, both included."""

    type: Literal["float"]
    low: float
    high: float
    log: bool = False
    step: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_bounds(self.low, self.high, self.log, self.step)
        return self

    def contains(self, value: Any) -> bool:
        """Whether the range has the value."""
        return _is_number(value) and self.low <= value <= self.high and _on_step(value, self.low, self.step)

    def suggest(self, name: str, trial: optuna.trial.BaseTrial) -> float:
        """Ask the trial for a value."""
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)

    def edges(self) -> tuple[Scalar, ...]:
        """The values whose validity stands for all."""
        return (self.low, self.high)

    def in_words(self) -> str:
        """Return the range as a person reads it."""
        return _range_in_words(self.low, self.high, self.log, self.step) + self._condition()


class IntParameter(_Parameter):
    """A whole number between two bounds, both included."""

    type: Literal["int"]
    low: int
    high: int
    log: bool = False
    step: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_bounds(self.low, self.high, self.log, None if self.step == 1 else self.step)
        return self

    def contains(self, value: Any) -> bool:
        """Whether the range has the value."""
        return _is_number(value) and self.low <= value <= self.high and _on_step(value, self.low, self.step)

    def suggest(self, name: str, trial: optuna.trial.BaseTrial) -> int:
        """Ask the trial for a value."""
        return trial.suggest_int(name, self.low, self.high, step=self.step, log=self.log)

    def edges(self) -> tuple[Scalar, ...]:
        """The values whose validity stands for all."""
        return (self.low, self.high)

    def in_words(self) -> str:
        """Return the range as a person reads it."""
        return _range_in_words(self.low, self.high, self.log, self.step) + self._condition()


class CategoricalParameter(_Parameter):
    """One of several values without an order."""

    type: Literal["categorical"]
    choices: tuple[Scalar, ...] = Field(min_length=1)

    def contains(self, value: Any) -> bool:
        """Whether the value is one of the choices."""
        return value in self.choices

    def suggest(self, name: str, trial: optuna.trial.BaseTrial) -> Scalar:
        """Ask the trial for a value."""
        value: Scalar = trial.suggest_categorical(name, self.choices)  # type: ignore[assignment] # None is no Scalar
        return value

    def edges(self) -> tuple[Scalar, ...]:
        """The values whose validity stands for all."""
        return self.choices

    def in_words(self) -> str:
        """Return the values as a person reads them."""
        values = f"always {self.choices[0]}" if len(self.choices) == 1 else f"one of {list(self.choices)}"
        return values + self._condition()


def _range_in_words(low: float, high: float, log: bool, step: float | None) -> str:
    return f"{low} to {high}{', logarithmic' if log else ''}{f', step {step}' if step is not None else ''}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _on_step(value: float, low: float, step: float | None) -> bool:
    steps = 0.0 if step is None else (value - low) / step
    return abs(steps - round(steps)) < 1e-9


def _check_bounds(low: float, high: float, log: bool, step: float | None) -> None:
    if low > high:
        raise ValueError(f"low must be at most high, got low {low} and high {high}.")
    if log and low <= 0:
        raise ValueError(f"low must be above 0 with log, got {low}.")
    if log and step is not None:
        raise ValueError(f"step cannot go with log, got step {step}.")


def _spelled_out(value: Any) -> Any:
    """Accept the other names of a logarithmic and a plain range, as other projects write them."""
    if isinstance(value, dict) and isinstance(value.get("type"), str):
        other = {"log_uniform": {"type": "float", "log": True}, "loguniform": {"type": "float", "log": True}}
        return {**value, **other.get(value["type"], {"type": "float"} if value["type"] == "uniform" else {})}
    return value


Parameter = Annotated[
    Annotated[FloatParameter | IntParameter | CategoricalParameter, Field(discriminator="type")],
    BeforeValidator(_spelled_out),
]
Space = dict[str, Parameter]


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
    if value is None or isinstance(value, _Parameter):
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


def space_from(plain: Mapping[str, Any]) -> dict[str, FloatParameter | IntParameter | CategoricalParameter]:
    """Return a space that was written down as plain data."""
    return TypeAdapter(Space).validate_python(dict(plain))


def suggest(space: Mapping[str, Any], trial: optuna.trial.BaseTrial) -> dict[str, Any]:
    """Ask the trial for every parameter that applies, in the order of the space."""
    chosen: dict[str, Any] = {}
    for name, parameter in space.items():
        if parameter.applies(chosen):
            chosen[name] = parameter.suggest(name, trial)
    return chosen


def fits(space: Mapping[str, Any], configuration: Mapping[str, Any]) -> bool:
    """Whether a configuration names parameters of the space only, with values of their ranges."""
    return all(name in space and space[name].contains(value) for name, value in configuration.items())


def longest_window(space: Mapping[str, Any], default: int) -> int:
    """Return the longest window that the space can ask for."""
    parameter = space.get("window_bars")
    return max(int(edge) for edge in parameter.edges()) if parameter is not None else default
