"""Straight up and down, again and again."""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import Field

from trading_hpo.training.schedules.schedule import MOST_EPOCHS, Schedule


class Cyclical(Schedule):
    """Rises linearly from a floor to the learning rate and falls back, cycle after cycle.

    The height above the floor is the same in each cycle (``triangular``), halves from one to the next
    (``triangular2``), or shrinks with every epoch (``exponential``, the paper's ``exp_range``).

    Source: Smith (2017), Cyclical Learning Rates for Training Neural Networks, section 3.

    Example:
        >>> schedule = Cyclical(cycle_epochs=4, cycle_shape="triangular2", lr_floor=0.5)
        >>> [schedule.factor(passed, 9, ()) for passed in (0, 1, 2, 3, 4, 6)]
        [0.5, 0.75, 1.0, 0.75, 0.5, 0.75]
    """

    name: ClassVar[str] = "cyclical"
    per_batch: ClassVar[bool] = True

    cycle_epochs: int = Field(default=8, ge=1, le=MOST_EPOCHS, description="up and down; the paper advises 4 to 20")
    cycle_shape: Literal["triangular", "triangular2", "exponential"] = "triangular"
    cycle_decay: float = Field(
        default=0.95, gt=0, le=1, description="of exponential: height of an epoch as a share of the one before"
    )
    lr_floor: float = Field(
        default=0.25, ge=0, le=1, description="lowest, as a share of the learning rate; the paper advises 1/4 to 1/3"
    )

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share at the part of its cycle that has passed."""
        del epochs, scores
        cycle, place = divmod(passed, self.cycle_epochs)
        height = 1 - abs(2 * place / self.cycle_epochs - 1)
        shrunk = {"triangular": 1.0, "triangular2": 0.5**cycle, "exponential": self.cycle_decay**passed}
        return self.lr_floor + (1 - self.lr_floor) * height * shrunk[self.cycle_shape]
