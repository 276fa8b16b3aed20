"""The learning rates of earlier trainings, once more: for a training that has no stop rows to feed a schedule with."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from statistics import median
from typing import Any, ClassVar, Self

from trading_hpo.training.schedules.schedule import Schedule


class Replay(Schedule):
    """The median over folds, epoch by epoch; after the last epoch its value stays."""

    name: ClassVar[str] = "replay"  # in no registry: nothing but the final training can choose it

    factors: tuple[float, ...]

    @classmethod
    def of(cls, folds: Sequence[Mapping[str, Any]], learning_rate: float) -> Self:
        """Return the schedule of folds' records.

        Args:
            folds: What a trial left per fold. Older ones do not say their learning rates: they were constant.
            learning_rate: The configured one.

        Example:
            >>> folds = [{"learning_rates": [0.1, 0.1, 0.05]}, {"learning_rates": [0.1, 0.05]}]
            >>> Replay.of(folds, learning_rate=0.1).factors
            (1.0, 0.75, 0.5)
        """
        by_epoch = zip_longest(*(fold.get("learning_rates", ()) for fold in folds))
        return cls(
            factors=tuple(median(rate / learning_rate for rate in rates if rate is not None) for rates in by_epoch)
        )

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the median's factor of the epoch."""
        del epochs, scores
        return self.factors[min(int(passed), len(self.factors) - 1)] if self.factors else 1.0
