"""How networks are trained: what every trial shares, and what a trial may choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from trading_hpo.configuration import Config
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.choices import CHOICES, Named, choice_problems, parameters_of, parts_of
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES
from trading_hpo.training.optimizers.optimizer import Optimizer
from trading_hpo.training.schedules.schedule import Schedule

AUTO, LOSS = "auto", "loss"


class TrainingConfig(Config):
    """What all trials of a search share, unless the search space has it."""

    epochs: int = Field(default=100, ge=1, strict=True)
    window_bars: int = Field(default=20, ge=1, strict=True, description="L, unless the search space has it")
    max_windows_per_epoch: int | None = Field(
        default=None, ge=1, description="an epoch draws at most so many train rows; null takes all"
    )
    loss: Named = Field(default=AUTO, description="auto: the first that can learn the target")
    optimizer: Named = "adamw"
    schedule: Named = Field(default="constant", description="of the learning rate")
    monitor_metric: str = Field(default=LOSS, description="on the stop rows; decides the stopped epoch")
    min_delta: float = Field(default=0.0, ge=0, description="least improvement that counts")
    threshold: Literal["prevalence"] | float = Field(
        default="prevalence",
        description="score above which the positive class is called; prevalence: as often as on the stop rows",
    )
    clip_sigma: float = Field(default=8.0, gt=0, description="scaled features are clipped there")
    eval_batch_size: int = Field(default=2048, ge=1)
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$")

    def compared(self) -> dict[str, Any]:
        """Return what of it decides a value, as plain data."""
        return self.model_dump(mode="json", exclude={"device", "eval_batch_size"})

    @field_validator(*CHOICES)
    @classmethod
    def _known_choice(cls, named: Named, info: ValidationInfo) -> Named:
        choice = str(info.field_name)
        if (choice, named) == ("loss", AUTO):
            return named
        if problems := list(choice_problems(choice, named)):
            raise ValueError(*problems)
        name, options = parts_of(named)
        return named if options else name

    @field_validator("monitor_metric")
    @classmethod
    def _can_be_monitored(cls, name: str) -> str:
        if name == LOSS:
            return name
        if name not in METRICS:
            raise ValueError(METRICS.unknown(name))
        if METRICS[name].kind == "cost" or METRICS[name].direction is None:
            raise ValueError(
                "monitor_metric must be loss or a metric of forecasts or trades that has a good direction, got "
                f"{name!r}."
            )
        return name

    def chosen(self, choice: str, target_kind: TargetKind) -> str:
        """Return the name that a key of ``CHOICES`` has here; ``auto`` is resolved."""
        name: str = parts_of(getattr(self, choice))[0]
        return losses_for(target_kind)[0] if (choice, name) == ("loss", AUTO) else name

    def options(self, choice: str, name: str) -> dict[str, Any]:
        """Return the parameters that are fixed here wherever a component of this name is chosen."""
        named, options = parts_of(getattr(self, choice))
        return options if named == name else {}


class RetrainingConfig(Config):
    """How the chosen configuration is trained for the last time, where that is meant to differ from its trials."""

    epochs: int | None = Field(default=None, ge=1, strict=True, description="at most; null: those of the trials")


def losses_for(target_kind: TargetKind) -> tuple[str, ...]:
    """Return the names of the losses that can learn a kind of target."""
    return tuple(name for name in LOSSES if target_kind in LOSSES[name].target_kinds)


class Hyperparameters(Config):
    """What a trial may choose beyond the network, the loss, the optimizer and the schedule."""

    learning_rate: float = Field(default=1e-3, gt=0, le=10)
    batch_size: int = Field(default=128, ge=1, le=65536)
    clip_norm: float | None = Field(
        default=None, gt=0, description="gradients are scaled down to it, all together; null: never"
    )
    early_stopping_patience: int = Field(default=15, ge=1)
    window_bars: int | None = Field(default=None, ge=1, description="null: that of the training group")
    pred_len: int | None = Field(
        default=None, ge=1, le=1000, description="steps that are learned, where the label is a path; null: all"
    )


@dataclass(frozen=True)
class Components:
    """What is chosen by name, with the trial's own parameters in it."""

    loss: Loss
    optimizer: Optimizer
    schedule: Schedule


def split_parameters(
    parameters: Mapping[str, Any], training: TrainingConfig, target_kind: TargetKind
) -> tuple[Hyperparameters, Components, dict[str, Any]]:
    """Divide a trial's parameters: those of every training, those of what it chooses, and those of the network.

    Args:
        parameters: As the study knows them.
        training: Has the choices and the options that are not searched.
        target_kind: For which ``auto`` stands.

    Raises:
        ConfigurationError: A choice is unknown.
    """
    classes = {
        choice: registry[parameters.get(choice, training.chosen(choice, target_kind))]
        for choice, registry in CHOICES.items()
    }
    common = {name: parameters[name] for name in Hyperparameters.model_fields if name in parameters}
    own = {
        choice: {name: value for name, value in parameters.items() if name in parameters_of(component)}
        for choice, component in classes.items()
    }
    fixed = {choice: training.options(choice, component.name) for choice, component in classes.items()}
    components = Components(
        **{choice: component(**{**fixed[choice], **own[choice]}) for choice, component in classes.items()}
    )
    taken = {*CHOICES, *common, *(name for names in own.values() for name in names)}
    return Hyperparameters(**common), components, {n: v for n, v in parameters.items() if n not in taken}
