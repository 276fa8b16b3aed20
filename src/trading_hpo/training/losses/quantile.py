"""Quantile loss."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from trading_hpo.configuration import FROM_TEXT
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class Quantile(Loss):
    """The mean over levels of ``max(q e, (q - 1) e)``, with ``e`` the target less the forecast of its quantile ``q``.

    Also known as pinball loss; with the level 0.5 alone it is half of ``mae``. Errors are in units of the target's
    spread. The value that is forecast is the quantile whose level is closest to 0.5. Nothing keeps the outputs of two
    levels in order: quantiles may cross.

    Learns numbers; outputs are the quantiles of the first target, level by level, then those of the next. Rows are
    drawn one by one.

    Source: Koenker and Bassett (1978), Regression Quantiles.

    Example:
        >>> Quantile(quantile_levels=(0.25, 0.5, 0.75)).head.width(n_targets=2)
        6
    """

    name: ClassVar[str] = "quantile"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("number",)

    quantile_levels: Annotated[tuple[float, ...], FROM_TEXT] = Field(
        default=(0.1, 0.5, 0.9), min_length=1, description="rising, above 0 and below 1"
    )

    @field_validator("quantile_levels")
    @classmethod
    def _rise_inside(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not all(lower < higher for lower, higher in pairwise((0.0, *levels, 1.0))):
            raise ValueError(
                f"quantile_levels must rise, above 0 and below 1, got {list(levels)}. Sort them, each once."
            )
        return levels

    @property
    def head(self) -> Head:
        """Return the quantiles at the levels."""
        return Head("quantiles", self.quantile_levels)

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of quantiles."""
        import torch

        levels = batch.output.new_tensor(self.quantile_levels)
        error = batch.target[:, :, None] - batch.output.unflatten(1, (-1, len(levels)))  # [B, C, Q]
        return batch.mean(torch.maximum(levels * error, (levels - 1) * error).flatten(1))
