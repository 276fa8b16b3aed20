"""Up once, and down far below the start."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.cosine import cosine_between
from trading_hpo.training.schedules.schedule import Schedule


class OneCycle(Schedule):
    """Half a cosine up to the learning rate, then one down to next to nothing, over all epochs together.

    Source: Smith and Topin (2018), Super-Convergence, section 3; with cosines in place of their straight lines, as
    torch and fastai have it. Momentum, which they lower while the learning rate rises, stays.

    Example:
        >>> schedule = OneCycle(one_cycle_rise=0.5, one_cycle_start=0.2, one_cycle_end=0.0)
        >>> [round(schedule.factor(passed, 4, ()), 3) for passed in (0, 1, 2, 3)]
        [0.2, 0.6, 1.0, 0.5]
    """

    name: ClassVar[str] = "one_cycle"
    per_batch: ClassVar[bool] = True

    one_cycle_rise: float = Field(default=0.3, gt=0, lt=1, description="share of all epochs over which it rises")
    one_cycle_start: float = Field(default=0.04, gt=0, le=1, description="first, as a share of the learning rate")
    one_cycle_end: float = Field(default=4e-6, ge=0, le=1, description="last, as a share of the learning rate")

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share at the fraction of all epochs that has passed."""
        del scores
        part, top = passed / epochs, self.one_cycle_rise
        if part < top:
            return cosine_between(self.one_cycle_start, 1.0, part / top)
        return cosine_between(1.0, self.one_cycle_end, (part - top) / (1 - top))
