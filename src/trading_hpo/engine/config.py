"""How a budget is spent: sampler, pruner, workers, time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from trading_hpo.configuration import Config
from trading_hpo.engine.space import Scalar
from trading_hpo.errors import did_you_mean
from trading_hpo.notifications import NotificationsConfig

SAMPLER_NAMES = ("tpe", "random", "grid", "gp", "cmaes", "qmc", "nsga2", "nsga3")
PRUNER_NAMES = ("median", "percentile", "successive_halving", "hyperband", "patient", "wilcoxon", "none")
OVER_FOLDS = ("wilcoxon",)  # judge fold by fold, the others epoch by epoch
IN_RUNGS = ("hyperband", "successive_halving")


def named(known: tuple[str, ...], what: str) -> BeforeValidator:
    """A bare name stands for a mapping with that name; null stands for ``none``."""

    def spell_out(value: Any) -> Any:
        value = "none" if value is None else value
        mapping = {"name": value} if isinstance(value, str) else value
        if isinstance(mapping, dict) and mapping.get("name") not in known:
            raise ValueError(f"unknown {what} {mapping.get('name')!r}. {did_you_mean(str(mapping.get('name')), known)}")
        return mapping

    return BeforeValidator(spell_out)


def unless_null(spell_out: BeforeValidator) -> BeforeValidator:
    """Leave null as it is; what is missing is taken from elsewhere."""
    return BeforeValidator(lambda value: None if value is None else spell_out.func(value))  # type: ignore[call-arg]


class SamplerConfig(Config):
    """How the next parameters are chosen."""

    name: Literal["tpe", "random", "grid", "gp", "cmaes", "qmc", "nsga2", "nsga3"] = "tpe"
    n_startup_trials: int = Field(default=5, ge=0, strict=True, description="tpe, gp: random trials first")
    population_size: int | None = Field(
        default=None, ge=4, strict=True, description="nsga2, nsga3: trials of a generation (20); cmaes: by the space"
    )


class PrunerConfig(Config):
    """When a trial is given up."""

    name: Literal["median", "percentile", "successive_halving", "hyperband", "patient", "wilcoxon", "none"] = "median"
    n_startup_trials: int = Field(
        default=5, ge=0, strict=True, description="median, percentile: complete trials before the first is given up"
    )
    n_warmup_epochs: int = Field(
        default=0, ge=0, strict=True, description="median, percentile: epochs that are never judged"
    )
    percentile: float = Field(default=25.0, gt=0, lt=100, description="percentile: the best so many per cent go on")
    min_epochs: int = Field(default=1, ge=1, strict=True, description="hyperband, successive_halving: first rung")
    reduction_factor: int = Field(
        default=3, ge=2, strict=True, description="hyperband, successive_halving: one in so many goes on"
    )
    patience: int = Field(
        default=3, ge=0, strict=True, description="patient: epochs in which a trial may be worse than it was"
    )
    min_delta: float = Field(default=0.0, ge=0, description="patient: least improvement that counts")
    wrapped: Annotated["PrunerConfig | None", unless_null(named(PRUNER_NAMES, "pruner"))] = Field(
        default=None, description="patient: whose judgement is asked then; null: none's, the trial is given up"
    )
    p_threshold: float = Field(default=0.1, gt=0, lt=1, description="wilcoxon: of the signed-rank test")
    n_startup_folds: int = Field(default=2, ge=0, strict=True, description="wilcoxon: folds that are never judged")

    @property
    def over_folds(self) -> bool:
        """Whether trials are judged fold by fold."""
        return self.name in OVER_FOLDS

    @property
    def first_rung(self) -> int | None:
        """The first epoch that is judged, of a pruner with rungs."""
        if self.name == "patient" and self.wrapped is not None:
            return self.wrapped.first_rung
        return self.min_epochs if self.name in IN_RUNGS else None

    @model_validator(mode="after")
    def _wraps_what_judges_epochs(self) -> Self:
        if self.wrapped is not None and self.name != "patient":
            raise ValueError(f"wrapped goes with pruner patient only, got it with {self.name!r}.")
        if self.wrapped is not None and self.wrapped.name in ("patient", *OVER_FOLDS):
            raise ValueError(f"wrapped must be a pruner over epochs that wraps no other, got {self.wrapped.name!r}.")
        return self


@dataclass(frozen=True)
class Goal:
    """One number that a study improves.

    Attributes:
        metric: Its name.
        direction: ``maximize`` or ``minimize``.
    """

    metric: str
    direction: Literal["maximize", "minimize"]


@dataclass(frozen=True)
class SearchPlan:
    """How the budget of one study is spent.

    Attributes:
        n_trials: The budget, over all runs.
        goals: What the study improves; the first is the one that is shown.
        max_epochs: Of a candidate; rungs lie below them.
        sampler: How the next parameters are chosen.
        pruner: When a candidate is given up.
        seed: Of the study; every slot derives its own.
        workers: How many candidates run at once; ``auto`` is one per core.
        timeout_minutes: Of this run of the search.
        worker_silence_minutes: Without a sign of life for so long a worker is taken for hung.
        start_from: Configurations, whole or in part, that are tried before the sampler is asked.
        notifications: When messages are sent.
    """

    n_trials: int
    goals: tuple[Goal, ...]
    max_epochs: int
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    pruner: PrunerConfig = field(default_factory=PrunerConfig)
    seed: int = 0
    workers: int | Literal["auto"] = "auto"
    timeout_minutes: float | None = None
    worker_silence_minutes: float = 10.0
    start_from: tuple[Mapping[str, Scalar], ...] = ()
    notifications: NotificationsConfig = field(default_factory=NotificationsConfig)
