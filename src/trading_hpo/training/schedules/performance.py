"""A learning rate that rises while the training gets better, and falls when it does not."""

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import Schedule


class Performance(Schedule):
    """Raises the learning rate after an epoch with a better score than the one before, lowers it after any other.

    The sources judge by the training's own loss and undo a step that did harm; here the monitored score of the stop
    rows decides, and no step is undone.

    Source: Vogl et al. (1988), Accelerating the Convergence of the Back-Propagation Method; Battiti (1989), Accelerated
    Backpropagation Learning, who calls it the bold driver.

    Example:
        >>> Performance(performance_rise=2, performance_fall=0.5, lr_ceiling=4).factor(3, 9, [0.1, 0.2, 0.3])
        4.0
    """

    name: ClassVar[str] = "performance"
    has_feedback: ClassVar[bool] = True

    performance_rise: float = Field(default=1.05, ge=1, le=10, description="factor after a better score")
    performance_fall: float = Field(default=0.7, gt=0, le=1, description="factor after any other score")
    lr_floor: float = Field(default=0.01, ge=0, le=1, description="lowest, as a share of the learning rate")
    lr_ceiling: float = Field(default=2.0, ge=1, le=100, description="highest, as a multiple of the learning rate")

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """**Looks ahead:** label only, of the stop rows, through ``scores``."""
        del passed, epochs
        factor = 1.0
        for earlier, later in pairwise(scores):
            moved = factor * (self.performance_rise if later > earlier else self.performance_fall)
            factor = min(max(moved, self.lr_floor), self.lr_ceiling)
        return factor
