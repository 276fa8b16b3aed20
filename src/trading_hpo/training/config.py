"""How networks are trained: what every trial shares, and what a trial may choose."""

from typing import Any, Literal

from pydantic import Field, field_validator

from trading_hpo.configuration import Config
from trading_hpo.metrics.registry import METRICS

LOSSES_BY_TARGET = {"class": ("focal", "cross_entropy"), "number": ("mse", "mae")}


class TrainingConfig(Config):
    """What all trials of a search share."""

    epochs: int = Field(default=100, ge=1, strict=True)
    window_bars: int = Field(default=20, ge=1, strict=True, description="L, unless the search space has it")
    max_windows_per_epoch: int | None = Field(
        default=None, ge=1, description="an epoch draws at most so many train rows; null takes all"
    )
    loss: Literal["auto", "focal", "cross_entropy", "mse", "mae"] = Field(
        default="auto", description="auto: focal for a class, mse for a number"
    )
    monitor_metric: str = Field(
        default="loss", description="loss or a metric, on the stop rows; decides the stopped epoch"
    )
    min_delta: float = Field(default=0.0, ge=0, description="least improvement that counts")
    threshold: Literal["prevalence"] | float = Field(
        default="prevalence",
        description="score above which the positive class is called; prevalence: as often as on the stop rows",
    )
    clip_sigma: float = Field(default=8.0, gt=0, description="scaled features are clipped there")
    eval_batch_size: int = Field(default=2048, ge=1)
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda(:\d+)?|mps)$")

    @field_validator("monitor_metric")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != "loss" and name not in METRICS:
            raise ValueError(METRICS.unknown(name))
        if name != "loss" and METRICS[name].kind == "cost":
            raise ValueError(f"monitor_metric must be loss or a metric of forecast or trades, got the cost {name!r}.")
        return name

    def loss_name(self, target_kind: str) -> str:
        """Return the loss of a task's kind of target."""
        return LOSSES_BY_TARGET[target_kind][0] if self.loss == "auto" else self.loss


class Hyperparameters(Config):
    """What a trial may choose beyond the network itself."""

    learning_rate: float = Field(default=1e-3, gt=0, le=10)
    batch_size: int = Field(default=128, ge=1, le=65536)
    weight_decay: float = Field(default=1e-5, ge=0, le=10)
    focal_alpha: float = Field(default=0.25, ge=0, le=1)
    focal_gamma: float = Field(default=2.0, ge=0, le=20)
    early_stopping_patience: int = Field(default=15, ge=1)
    window_bars: int | None = Field(default=None, ge=1, description="null: that of the training group")


def split_parameters(parameters: dict[str, Any]) -> tuple[Hyperparameters, dict[str, Any]]:
    """Divide a trial's parameters into those of training and those of the network."""
    ours = {name: value for name, value in parameters.items() if name in Hyperparameters.model_fields}
    return Hyperparameters(**ours), {name: v for name, v in parameters.items() if name not in ours}
