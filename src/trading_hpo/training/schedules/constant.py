"""A learning rate that stays."""

from collections.abc import Sequence
from typing import ClassVar

from trading_hpo.training.schedules.schedule import Schedule


class Constant(Schedule):
    """The configured learning rate in every epoch."""

    name: ClassVar[str] = "constant"

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return 1."""
        del passed, epochs, scores
        return 1.0
