"""The parameters of a search."""

from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from trading_hpo.configuration import Config
from trading_hpo.engine.config import Goal, SearchPlan
from trading_hpo.engine.pruners.registry import PRUNERS, Pruner
from trading_hpo.engine.samplers.registry import Sampler
from trading_hpo.engine.space import Value
from trading_hpo.errors import did_you_mean
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.notifications import NotificationsConfig
from trading_hpo.study.fingerprint import RESERVED
from trading_hpo.study.objectives import ConstraintConfig, ObjectiveConfig, contradictions, one_of
from trading_hpo.study.search_spaces import CustomSpacesConfig, SearchSpacesConfig, longest_window, resolve_space
from trading_hpo.tasks.task import TargetKind, Task
from trading_hpo.training.config import TrainingConfig

NAME = r"^[A-Za-z0-9._-]{1,100}$"


class LimitsConfig(Config):
    """What a trial may take; one that would take more is given up, or runs again, with its reason."""

    max_model_size_mb: float | None = Field(default=None, gt=0, description="of weights; checked before training")
    max_memory_mb: float | None = Field(
        default=None, gt=0, description="of training, beside libraries and panel; estimated before training"
    )
    max_training_time_minutes: float | None = Field(
        default=None, gt=0, description="of one trial, all folds together; acts within an epoch"
    )
    worker_silence_minutes: float = Field(
        default=10.0, gt=0, description="without a batch: the worker is taken for hung and its trial runs again"
    )


class PhaseConfig(Config):
    """A part of a search: a study of its own, taught by the one before."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    n_trials: int = Field(ge=1, le=1_000_000, strict=True, description="budget of one model type")
    sampler: Sampler | None = Field(default=None, description="null: the search's")
    pruner: Pruner | None = Field(default=None, description="null: the search's")
    epochs: int | None = Field(default=None, ge=1, strict=True, description="null: those of the search")
    narrow_around_best: float | None = Field(
        default=None, gt=0, lt=1, description="share of every range that is kept around the best of the phase before"
    )


class HpoConfig(Config):
    """The search of every model type."""

    study_name: str | None = Field(default=None, pattern=NAME, description="null: made from scenario, source and label")
    models_to_optimize: tuple[str, ...] = Field(
        default_factory=lambda: tuple(MODEL_TYPES), min_length=1, description="or all, the default"
    )
    n_trials: int = Field(
        default=100, ge=1, le=1_000_000, strict=True, description="budget of one model type, over all runs"
    )
    sampler: Sampler = Field(default="tpe", validate_default=True)
    pruner: Pruner = Field(default="median", validate_default=True)
    objectives: tuple[ObjectiveConfig, ...] | None = Field(
        default=None,
        min_length=1,
        max_length=6,
        description="the first is the one that reports show; null: the one of the task",
    )
    constraints: tuple[ConstraintConfig, ...] = Field(default=(), description="that the chosen configuration keeps")
    epochs: int | None = Field(default=None, ge=1, strict=True, description="null: those of the training group")
    fold_order: Literal["lockstep", "sequential"] = Field(
        default="lockstep", description="folds epoch by epoch side by side, or one after another (for pruner wilcoxon)"
    )
    workers: int | Literal["auto"] = Field(default="auto", description="auto: one per core")
    timeout_minutes: float | None = Field(default=None, gt=0, description="of one model type's search")
    tensorboard: bool = Field(default=False, description="write every trial's numbers by epoch for TensorBoard")
    limits: LimitsConfig = LimitsConfig()
    notifications: NotificationsConfig = NotificationsConfig()
    start_from: tuple[dict[str, Value], ...] = Field(
        default=(), description="configurations that are tried first, whole or in part, by the model types they fit"
    )
    phases: tuple[PhaseConfig, ...] = Field(
        default=(), description="each with its own n_trials; none: one search of hpo.n_trials"
    )
    warm_start: tuple[str, ...] = Field(
        default=(), description="names of earlier studies of the same search space, with the model type or without"
    )
    reoptimise: bool = Field(
        default=False, description="data have grown: a new study named by their last bar, taught by the one before"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, strict=True)
    custom_search_spaces: CustomSpacesConfig = CustomSpacesConfig()

    @field_validator("models_to_optimize")
    @classmethod
    def _known_models(cls, models: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [name for name in models if name not in MODEL_TYPES]
        if unknown:
            raise ValueError(*(f"unknown model type {name!r}. {did_you_mean(name, MODEL_TYPES)}" for name in unknown))
        if len(set(models)) < len(models):
            raise ValueError("a model type is named twice.")
        return models

    @field_validator("study_name")
    @classmethod
    def _not_reserved(cls, name: str | None) -> str | None:
        if name is not None and name.startswith(RESERVED):
            raise ValueError(
                f"study_name must not begin with {RESERVED!r}, got {name!r}: what studies remember has such names. "
                "Choose another."
            )
        return name

    @field_validator("workers")
    @classmethod
    def _some_workers(cls, workers: int | str) -> int | str:
        if isinstance(workers, int) and not 1 <= workers <= 256:
            raise ValueError(f"workers must be 1 to 256, or 'auto', got {workers}.")
        return workers

    @model_validator(mode="before")
    @classmethod
    def _one_name_is_a_list(cls, values: Any) -> Any:
        """`--params hpo.models_to_optimize=lstm` can only give a string."""
        if not isinstance(values, dict):
            return values
        if values.get("models_to_optimize") == "all":
            values = {name: value for name, value in values.items() if name != "models_to_optimize"}
        single = {
            name: [values[name]] for name in ("models_to_optimize", "warm_start") if isinstance(values.get(name), str)
        }
        return {**values, **single}

    @model_validator(mode="before")
    @classmethod
    def _no_storage(cls, values: Any) -> Any:
        """Parameters are logged, and a URL may hold a password."""
        if isinstance(values, dict) and "storage" in values:
            raise ValueError(
                "hpo.storage is not a parameter, since parameters are logged. Give the URL of a server in the "
                "environment: TRADING_HPO_STORAGE."
            )
        return values

    @property
    def searches(self) -> tuple["HpoConfig", ...]:
        """One per phase, with the phase's own settings; without phases the one search."""
        return tuple(self._of_phase(phase) for phase in self.phases) or (self,)

    def _of_phase(self, phase: PhaseConfig) -> "HpoConfig":
        own = {name: getattr(phase, name) for name in ("sampler", "pruner", "epochs", "n_trials")}
        given = {name: value for name, value in own.items() if value is not None}
        return self.model_copy(
            update={**given, "phases": (), "start_from": self.start_from if phase is self.phases[0] else ()}
        )

    def for_task(self, task: Task) -> "HpoConfig":
        """Return it with the objective of a task, where it names none.

        Example:
            >>> from trading_hpo.tasks.forward_return import ForwardReturn
            >>> [goal.metric for goal in HpoConfig().for_task(ForwardReturn()).improved]
            ['ic']
        """
        if self.objectives is not None:
            return self
        return self.model_copy(update={"objectives": (ObjectiveConfig(metric=task.objective),)})

    @property
    def improved(self) -> tuple[ObjectiveConfig, ...]:
        """The objectives of a search, whose task is known (``for_task``)."""
        assert self.objectives is not None
        return self.objectives

    def plan(self, max_epochs: int) -> SearchPlan:
        """Return how the engine spends the budget of one search.

        Args:
            max_epochs: Of a trial.
        """
        return SearchPlan(
            n_trials=self.n_trials,
            goals=tuple(Goal(objective.metric, objective.direction) for objective in self.improved),
            max_epochs=max_epochs,
            sampler=self.sampler,
            pruner=self.pruner,
            seed=self.seed,
            workers=self.workers,
            timeout_minutes=self.timeout_minutes,
            worker_silence_minutes=self.limits.worker_silence_minutes,
            start_from=self.start_from,
        )

    def teachers(self, model_type: str) -> tuple[str, ...]:
        """Return the earlier studies that a model type is taught by."""
        named = {name: name.rpartition(".")[2] for name in self.warm_start}
        full = (
            name if last in MODEL_TYPES else f"{name}.{model_type}"
            for name, last in named.items()
            if last not in MODEL_TYPES or last == model_type
        )
        return tuple(dict.fromkeys(full))

    def base_name(self, scenario: str, source: str, labels: str) -> str:
        """Return what the names of all model types' studies begin with; it keeps scenario, source and label apart."""
        return self.study_name or f"{scenario}-{source}-{labels}"

    def full_study_name(self, scenario: str, source: str, labels: str, model_type: str) -> str:
        """Return the name of a model type's study."""
        return f"{self.base_name(scenario, source, labels)}.{model_type}"

    @field_validator("phases")
    @classmethod
    def _one_after_another(cls, phases: tuple[PhaseConfig, ...]) -> tuple[PhaseConfig, ...]:
        names = [phase.name for phase in phases]
        problems = [
            f"name {name!r} is given twice. Rename one." for name in sorted({n for n in names if names.count(n) > 1})
        ]
        if phases and phases[0].narrow_around_best is not None:
            problems.append("narrow_around_best cannot be in the first phase: there is no best yet. Remove it.")
        if problems:
            raise ValueError(*problems)
        return phases

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        problems = [problem for search in self.searches for problem in search._problems()]
        problems += [
            f"sampler {search.sampler.name} must be in the first phase: later ones begin with what that has found."
            for search in self.searches[1:]
            if search.sampler.tries_all
        ]
        if problems:
            raise ValueError(*dict.fromkeys(problems))
        return self

    def _problems(self) -> Iterator[str]:
        yield from contradictions(self.objectives or (), self.constraints, self.sampler, self.pruner)
        epochs = (MODEL_TYPES[name].has_epochs for name in self.models_to_optimize)
        if (getattr(self.pruner, "wrapped", None) or self.pruner).needs_epochs and not any(epochs):
            yield (
                f"pruner {self.pruner.name} cannot go with {' and '.join(self.models_to_optimize)} alone: there are no "
                "epochs to give more or fewer of. Use pruner none."
            )
        taught_by = next((name for name in ("start_from", "warm_start", "reoptimise") if getattr(self, name)), None)
        if taught_by is not None and self.sampler.tries_all:
            yield f"{taught_by} cannot go with sampler {self.sampler.name}, which tries every combination anyway."
        if self.pruner.judges == "folds" and self.fold_order != "sequential":
            yield (
                f"fold_order must be sequential with pruner {self.pruner.name}, which judges fold by fold, got "
                f"{self.fold_order!r}."
            )
        if self.pruner.judges == "epochs" and self.fold_order != "lockstep":
            others = one_of(PRUNERS, lambda pruner: pruner.judges != "epochs")
            yield (
                f"fold_order must be lockstep with pruner {self.pruner.name}, which judges epoch by epoch, got "
                f"{self.fold_order!r}. Or use pruner {others}."
            )


def common_window(
    target_kind: TargetKind, spaces: SearchSpacesConfig, training: TrainingConfig, custom: CustomSpacesConfig
) -> int:
    """Return the longest window over all model types: rows without it are samples for none of them."""
    return max(
        longest_window(resolve_space(spaces, custom, model_type, training, target_kind), training.window_bars)
        for model_type in MODEL_TYPES
    )
