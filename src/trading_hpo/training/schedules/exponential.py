"""A learning rate that falls by the same share in every epoch."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import Schedule


class Exponential(Schedule):
    """The learning rate times a power of the epochs that have passed.

    Source: torch's ``ExponentialLR``.

    Example:
        >>> [Exponential(exponential_decay=0.5).factor(passed, 9, ()) for passed in (0, 1, 2)]
        [1.0, 0.5, 0.25]
    """

    name: ClassVar[str] = "exponential"

    exponential_decay: float = Field(
        default=0.95, gt=0, le=1, description="learning rate of an epoch as a share of the one before"
    )

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the power."""
        del epochs, scores
        return float(self.exponential_decay**passed)
