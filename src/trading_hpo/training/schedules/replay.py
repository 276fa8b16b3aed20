"""A schedule as it went on the folds, for a training that has no stop rows to follow."""

from collections.abc import Sequence
from statistics import median
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import Schedule


class Replay(Schedule):
    """Given learning rates, epoch by epoch; the last one stays.

    It is in no registry: a training on all rows makes it from what the folds have kept.
    """

    name: ClassVar[str] = "replay"

    factors: tuple[float, ...] = Field(min_length=1, description="by epoch, as shares of the learning rate")

    @staticmethod
    def of(learning_rates: Sequence[Sequence[float]], learning_rate: float) -> "Replay":
        """Return the median over folds, epoch by epoch, of their learning rates as shares of the configured one.

        Folds stop at different epochs: the median is over those that have come so far.

        **Looks ahead:** label only, of the folds' stop rows, where the schedule had feedback.

        Args:
            learning_rates: Of each fold by epoch; each has one epoch at least.
            learning_rate: As it was configured.

        Example:
            >>> Replay.of([[0.4, 0.2], [0.4, 0.4, 0.1], [0.4, 0.2]], learning_rate=0.4).factors
            (1.0, 0.5, 0.25)
        """
        longest = max(len(rates) for rates in learning_rates)
        by_epoch = ([rates[epoch] for rates in learning_rates if epoch < len(rates)] for epoch in range(longest))
        return Replay(factors=tuple(median(rates) / learning_rate for rates in by_epoch))

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share of the epoch."""
        del epochs, scores
        return self.factors[min(int(passed), len(self.factors) - 1)]
