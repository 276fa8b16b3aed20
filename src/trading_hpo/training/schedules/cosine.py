"""Half a cosine."""

import math
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import Schedule


class Cosine(Schedule):
    """Half a cosine over all epochs, from the learning rate down to a floor.

    Source: Loshchilov and Hutter (2017), SGDR: Stochastic Gradient Descent with Warm Restarts, equation 5, one cycle.

    Example:
        >>> [round(Cosine(lr_floor=0.1).factor(passed, 4, ()), 3) for passed in (0, 1, 2, 3)]
        [1.0, 0.868, 0.55, 0.232]
    """

    name: ClassVar[str] = "cosine"
    per_batch: ClassVar[bool] = True

    lr_floor: float = Field(default=0.0, ge=0, le=1, description="lowest, as a share of the learning rate")

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share at the fraction of all epochs that has passed."""
        del scores
        return cosine_between(1.0, self.lr_floor, passed / epochs)


def cosine_between(first: float, last: float, part: float) -> float:
    """Return the value at a part, 0 to 1, of half a cosine from ``first`` to ``last``.

    Example:
        >>> cosine_between(1.0, 0.0, 0.0), round(cosine_between(1.0, 0.0, 0.5), 9)
        (1.0, 0.5)
    """
    return last + (first - last) * (1 + math.cos(math.pi * part)) / 2
