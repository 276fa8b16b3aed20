"""LINEX loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch

LARGEST_EXPONENT = 20.0  # e^20 is 5e8; float32 ends at e^88


class Asymmetric(Loss):
    """The mean of ``exp(a e) - a e - 1``, with ``e`` the forecast less the target: errors of one sign cost more.

    With ``a`` above 0 a forecast that is too high costs exponentially and one that is too low linearly; below 0 it is
    the other way round. Near the target the loss is ``(a e)^2 / 2``. The error is in units of the target's spread,
    ``a`` in one over them. The best forecast is ``-log(mean(exp(-a y))) / a``: below the mean for ``a`` above 0.

    Beyond ``a e = LARGEST_EXPONENT`` the exponential continues along its tangent: value and gradient are continuous and
    stay finite in float32, and the gradient, constant from there on, never vanishes.

    Learns numbers; an output is the value of a target. Rows are drawn one by one.

    Source: Varian (1975), A Bayesian Approach to Real Estate Assessment; Zellner (1986), Bayesian Estimation and
    Prediction Using Asymmetric Loss Functions, with b = 1.
    """

    name: ClassVar[str] = "asymmetric"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)
    head: ClassVar[Head] = VALUE

    asymmetric_a: float = Field(
        default=1.0,
        ge=-10,
        le=10,
        description="above 0: a forecast that is too high costs more; below 0: one that is too low; not 0",
    )

    @field_validator("asymmetric_a")
    @classmethod
    def _of_one_sign(cls, a: float) -> float:
        if a == 0:
            raise ValueError(f"asymmetric_a must be above or below 0, got {a!r}. For errors that cost alike take mse.")
        return a

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of numbers."""
        import torch

        exponent = self.asymmetric_a * (batch.output - batch.target)
        near = exponent.clamp(max=LARGEST_EXPONENT)
        growth = torch.expm1(near)
        tangent = (growth + 1) * (exponent - near)  # 0 up to the largest exponent
        return batch.mean(growth + tangent - exponent)
