"""What a study improves, and what it must keep."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from trading_hpo.configuration import Config
from trading_hpo.engine.pruners.base import PrunerConfig
from trading_hpo.engine.pruners.registry import PRUNERS
from trading_hpo.engine.samplers.base import SamplerConfig
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.metrics.metric import Direction
from trading_hpo.metrics.registry import METRICS
from trading_hpo.registry import Registry

T = TypeVar("T")


def _known(metric: str) -> str:
    if metric not in METRICS:
        raise ValueError(METRICS.unknown(metric))
    return metric


class ObjectiveConfig(Config):
    """One number that the study improves."""

    metric: str = "mcc"
    direction: Direction = "maximize"
    weight: float = Field(default=1.0, gt=0, description="among several objectives, when one of the front is chosen")

    _of_the_registry = field_validator("metric")(_known)

    @model_validator(mode="before")
    @classmethod
    def _natural_direction(cls, values: Any) -> Any:
        """A drawdown without a direction is minimised."""
        if isinstance(values, dict) and "direction" not in values and values.get("metric") in METRICS:
            return {**values, "direction": METRICS[values["metric"]].direction or "maximize"}
        return values

    @model_validator(mode="after")
    def _improves(self) -> Self:
        natural = METRICS[self.metric].direction
        if natural not in (None, self.direction):
            raise ValueError(
                f"direction must be {natural} for {self.metric}, got {self.direction!r}. Or leave it out: it is the "
                "metric's own."
            )
        return self


class ConstraintConfig(Config):
    """A bound that a configuration must keep to be chosen; the search learns how far others are from it."""

    metric: str
    max: float | None = Field(default=None, allow_inf_nan=False)
    min: float | None = Field(default=None, allow_inf_nan=False)

    _of_the_registry = field_validator("metric")(_known)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.max is None) == (self.min is None):
            raise ValueError("exactly one of max and min must be given. For both, write two constraints.")
        return self

    @property
    def name(self) -> str:
        """The bound in words, such as ``max_drawdown <= 0.2``."""
        return f"{self.metric} <= {self.max}" if self.max is not None else f"{self.metric} >= {self.min}"

    def violation(self, value: float | None) -> float:
        """Return how far a value is beyond the bound, as a share of the bound; 0 or less keeps it.

        Samplers add the violations of all constraints up: in their own units megabytes would swamp a drawdown.
        A value that does not exist breaks the bound by its whole size.

        Example:
            >>> ConstraintConfig(metric="model_size_mb", max=2.0).violation(3.0)
            0.5
        """
        if value is None or not math.isfinite(value):
            return 1.0
        over = value - self.max if self.max is not None else (self.min or 0.0) - value
        return over / (abs(self.max if self.max is not None else self.min or 0.0) or 1.0)


def contradictions(
    objectives: Sequence[ObjectiveConfig],
    constraints: Sequence[ConstraintConfig],
    sampler: SamplerConfig,
    pruner: PrunerConfig,
) -> Iterator[str]:
    """Yield what cannot go together."""
    for name in _doubled([objective.metric for objective in objectives]):
        yield f"objectives name {name} twice. Remove one."
    for name, _ in _doubled([(bound.metric, bound.max is None) for bound in constraints]):
        yield f"constraints bound {name} twice on the same side. Remove one."
    asked = {"several_objectives": len(objectives) > 1, "constraints": bool(constraints)}
    lacking = [name for name, wanted in asked.items() if wanted and not getattr(sampler, name)]
    if lacking:
        others = one_of(SAMPLERS, lambda other: all(getattr(other, name) for name in asked))
        refused = " or with ".join(name.replace("_", " ") for name in lacking)
        yield f"sampler {sampler.name} cannot go with {refused}. Use {others}."
    if sampler.needs_complete_trials and pruner.judges != "nothing":
        yield (
            f"pruner must be {one_of(PRUNERS, lambda other: other.judges == 'nothing')} with sampler {sampler.name}, "
            f"got {pruner.name!r}: it learns from complete trials only."
        )
    if len(objectives) > 1 and not pruner.several_objectives:
        several = one_of(PRUNERS, lambda other: other.several_objectives)
        yield f"pruner must be {several} with several objectives, got {pruner.name!r}: the others compare one number."


def one_of(registry: Registry[T], wanted: Callable[[T], bool]) -> str:
    """Return the names of the components that are as wanted, as a choice in words.

    Example:
        >>> one_of(PRUNERS, lambda pruner: pruner.judges != "epochs")
        'wilcoxon or none'
    """
    *names, last = [name for name in registry if wanted(registry[name])]
    return f"{', '.join(names)} or {last}" if names else last


def _doubled(names: Sequence[Any]) -> list[Any]:
    return sorted({name for name in names if names.count(name) > 1})
