"""A search space: ranges of parameters, and what a trial suggests of them."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import optuna
from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from trading_hpo.configuration import Config
from trading_hpo.errors import did_you_mean

Scalar = bool | int | float | str


def list_as_text(value: Any) -> Any:
    """Return a list as JSON, which whoever has the parameter reads; Optuna stores and compares scalars.

    Example:
        >>> list_as_text([0.1, 0.5]), list_as_text(32)
        ('[0.1, 0.5]', 32)
    """
    return json.dumps(value) if isinstance(value, list | tuple) else value


Value = Annotated[Scalar, BeforeValidator(list_as_text)]  # as it is written in YAML


class ConditionalParameter(Config):
    """What every parameter has: the conditions under which it is suggested."""

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


class FloatParameter(ConditionalParameter):
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


class IntParameter(ConditionalParameter):
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
        step = None if self.step == 1 else self.step
        return _range_in_words(self.low, self.high, self.log, step) + self._condition()


class CategoricalParameter(ConditionalParameter):
    """One of several values without an order."""

    type: Literal["categorical"]
    choices: tuple[Value, ...] = Field(min_length=1)

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


AnyParameter = FloatParameter | IntParameter | CategoricalParameter
Parameter = Annotated[  # as it is written in YAML
    Annotated[AnyParameter, Field(discriminator="type")],
    BeforeValidator(_spelled_out),
]
Space = dict[str, Parameter]


def space_from(plain: Mapping[str, Any]) -> dict[str, AnyParameter]:
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
    return not misfits(space, configuration)


def misfits(space: Mapping[str, Any], configuration: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each value of a configuration that the space does not have.

    Example:
        >>> misfits({"rate": FloatParameter(type="float", low=0, high=1)}, {"rate": 2.0, "rtae": 0.5})
        ['rate must be 0.0 to 1.0, got 2.0.', "unknown parameter 'rtae'. Did you mean 'rate'?"]
    """
    return [
        f"{name} must be {space[name].in_words()}, got {value!r}."
        if name in space
        else f"unknown parameter {name!r}. {did_you_mean(name, space)}"
        for name, value in configuration.items()
        if not (name in space and space[name].contains(value))
    ]
