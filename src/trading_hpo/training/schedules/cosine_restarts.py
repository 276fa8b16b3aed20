"""Half cosines, one after another."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.cosine import cosine_between
from trading_hpo.training.schedules.schedule import MOST_EPOCHS, Schedule


class CosineRestarts(Schedule):
    """Half cosines down to a floor, each beginning with a jump to a peak, and each as long as the one before or longer.

    Each peak is a share of the one before: 1 as in the paper, below 1 so that later restarts disturb less. Why not
    torch's ``CosineAnnealingWarmRestarts`` chained with an exponential decay: a restart computes its rate from the
    initial one and loses the decay.

    Source: Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5.

    Example:
        >>> schedule = CosineRestarts(restart_epochs=1, restart_growth=2, restart_decay=0.5)
        >>> [schedule.factor(passed, 8, ()) for passed in (0, 1, 3, 7)]
        [1.0, 0.5, 0.25, 0.125]
    """

    name: ClassVar[str] = "cosine_restarts"
    per_batch: ClassVar[bool] = True

    restart_epochs: int = Field(default=10, ge=1, le=MOST_EPOCHS, description="of the first cycle")
    restart_growth: int = Field(default=2, ge=1, le=10, description="each cycle is so many times as long as the last")
    restart_decay: float = Field(default=0.8, gt=0, le=1, description="each peak as a share of the one before")
    lr_floor: float = Field(default=0.0, ge=0, le=1, description="lowest, as a share of the learning rate")

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share at the part of its cycle that has passed."""
        del epochs, scores
        length, peak = self.restart_epochs, 1.0
        while passed >= length:  # no logarithm: it would round to the wrong side of a restart
            passed, length, peak = passed - length, length * self.restart_growth, peak * self.restart_decay
        return cosine_between(max(peak, self.lr_floor), self.lr_floor, passed / length)
