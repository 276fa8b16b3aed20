"""A learning rate that falls when the training no longer gets better."""

import math
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import MOST_EPOCHS, Schedule


class Plateau(Schedule):
    """Lowers the learning rate whenever too many epochs have passed without a new best score.

    As torch's ``ReduceLROnPlateau`` with ``threshold_mode="abs"``. Its default, ``rel``, goes wrong with scores below
    0, such as a loss with its sign turned: ``best * (1 + threshold)`` is below ``best``, so that getting worse counts
    as an improvement.

    Source: Krizhevsky et al. (2012), ImageNet Classification with Deep Convolutional Neural Networks, section 5.

    Example:
        >>> Plateau(plateau_factor=0.5, plateau_patience=1).factor(4, 9, [0.3, 0.2, 0.3, 0.1])
        0.5
    """

    name: ClassVar[str] = "plateau"
    has_feedback: ClassVar[bool] = True

    plateau_factor: float = Field(default=0.5, gt=0, lt=1, description="the learning rate is multiplied by it")
    plateau_patience: int = Field(
        default=3, ge=0, le=MOST_EPOCHS, description="so many epochs in a row may be without a new best"
    )
    plateau_threshold: float = Field(
        default=0.0, ge=0, description="a new best is better by more, in units of what is monitored"
    )
    lr_floor: float = Field(default=0.001, ge=0, le=1, description="lowest, as a share of the learning rate")

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """**Looks ahead:** label only, of the stop rows, through ``scores``."""
        del passed, epochs
        factor, best, without = 1.0, -math.inf, 0
        for score in scores:
            if score > best + self.plateau_threshold:
                best, without = score, 0
            else:
                without += 1
            if without > self.plateau_patience:
                factor, without = max(factor * self.plateau_factor, self.lr_floor), 0
        return factor
