"""A searched parameter on an axis: where each trial stands, and what is written at the ticks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial

from trading_hpo.reporting.figures.axes import linear_ticks, log_ticks, tick_text
from trading_hpo.reporting.figures.style import shortened

Scale = Literal["linear", "log", "choice"]
_LONGEST_TEXT = 16


@dataclass(frozen=True)
class ParameterAxis:
    """One parameter of some trials.

    Attributes:
        name: Of the parameter.
        scale: How far apart values are; choices stand at 0, 1, 2 in the order in which they were declared.
        low: Of what was searched.
        high: Of what was searched.
        places: Of the trials, none for one that does not have it.
        texts: Values of the trials as texts, not escaped.
        ticks: Places and texts, not escaped.
    """

    name: str
    scale: Scale
    low: float
    high: float
    places: tuple[float | None, ...]
    texts: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]

    def share(self, place: float) -> float:
        """Return how far a place is from the low end, 0 to 1."""
        low, high, own = (
            (math.log(end) for end in (self.low, self.high, place))
            if self.scale == "log"
            else (self.low, self.high, place)
        )
        return 0.5 if high == low else (own - low) / (high - low)


def parameter_axes(trials: Sequence[FrozenTrial]) -> list[ParameterAxis]:
    """Return an axis for each parameter that any of the trials has, by name."""
    declared: dict[str, list[BaseDistribution]] = {}
    for trial in trials:
        for name, distribution in trial.distributions.items():
            declared.setdefault(name, []).append(distribution)
    return [
        _axis(name, kinds, [trial.params.get(name, _ABSENT) for trial in trials])
        for name, kinds in sorted(declared.items())
    ]


_ABSENT = object()


def _axis(name: str, declared: Sequence[BaseDistribution], values: Sequence[Any]) -> ParameterAxis:
    if isinstance(declared[0], CategoricalDistribution):
        return _of_choices(name, declared, values)
    known = [value for value in values if value is not _ABSENT]
    numeric = [one for one in declared if isinstance(one, FloatDistribution | IntDistribution)]
    low, high = float(min(*(one.low for one in numeric), *known)), float(max(*(one.high for one in numeric), *known))
    whole = all(isinstance(one, IntDistribution) for one in declared)
    scale: Scale = "log" if all(one.log for one in numeric) else "linear"
    ticks = (
        log_ticks(low, high, whole=whole, most=3) if scale == "log" else linear_ticks(low, high, whole=whole, most=4)
    )
    return ParameterAxis(
        name,
        scale,
        low,
        high,
        tuple(None if value is _ABSENT else float(value) for value in values),
        tuple("" if value is _ABSENT else tick_text(value) for value in values),
        tuple((tick, tick_text(tick)) for tick in ticks),
    )


def _of_choices(name: str, declared: Sequence[BaseDistribution], values: Sequence[Any]) -> ParameterAxis:
    choices: list[Any] = []
    for one in declared:
        choices += [choice for choice in getattr(one, "choices", ()) if not _among(choice, choices)]
    if all(isinstance(choice, int | float) and not isinstance(choice, bool) for choice in choices):
        choices.sort()
    known = [None if value is _ABSENT else float(_place(value, choices)) for value in values]
    return ParameterAxis(
        name,
        "choice",
        0.0,
        float(len(choices) - 1),
        tuple(known),
        tuple("" if value is _ABSENT else str(value) for value in values),
        tuple((float(place), shortened(str(choice), _LONGEST_TEXT)) for place, choice in enumerate(choices)),
    )


def _among(choice: Any, choices: Sequence[Any]) -> bool:
    """Whether a choice is there already; True is not 1 here."""
    return any(type(one) is type(choice) and one == choice for one in choices)


def _place(value: Any, choices: Sequence[Any]) -> int:
    return next(place for place, one in enumerate(choices) if type(one) is type(value) and one == value)
