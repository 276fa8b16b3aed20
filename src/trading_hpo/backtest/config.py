"""How positions are traded, and which are taken."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from trading_hpo.configuration import Config
from trading_hpo.tasks.positions.registry import Positions

_WEIGHTS = ("classification_weight", "regression_weight")  # in composite_accuracy


class BacktestConfig(Config):
    """How forecasts are traded."""

    cost_bps: float = Field(default=5.0, ge=0, description="of the traded value, both ways, in basis points")
    positions: Positions = Field(
        default="long_flat", validate_default=True, description="position rule of tasks that do not bring their own"
    )
    classification_weight: float = Field(default=0.7, ge=0, le=1, description="of accuracy in composite_accuracy")
    regression_weight: float = Field(default=0.3, ge=0, le=1, description="of closeness in composite_accuracy")

    @model_validator(mode="before")
    @classmethod
    def _one_weight_leaves_the_rest(cls, values: Any) -> Any:
        return with_both_weights(values) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _weights_of_one_whole(self) -> Self:
        one, other = self.classification_weight, self.regression_weight
        if abs(one + other - 1) > 1e-9:
            raise ValueError(
                f"classification_weight and regression_weight must sum to 1, got {one:g} and {other:g}. Change one of "
                "them."
            )
        return self


def with_both_weights(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with the second weight where there is one: what that leaves; earlier studies recorded one.

    Example:
        >>> with_both_weights({"regression_weight": 0.9})
        {'regression_weight': 0.9, 'classification_weight': 0.1}
    """
    given, missing = ([name for name in _WEIGHTS if (name in recorded) == there] for there in (True, False))
    known = [recorded[name] for name in given if isinstance(recorded[name], int | float) and 0 <= recorded[name] <= 1]
    return {**recorded, **{name: round(1 - weight, 12) for weight, name in zip(known, missing, strict=False)}}
