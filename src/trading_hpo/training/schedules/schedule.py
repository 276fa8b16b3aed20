"""What a schedule is: the learning rate as a function of what has passed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.configuration import Config

MOST_EPOCHS = 1_000_000  # that a schedule can count
WARMUP_FROM = 0.1  # a warm-up begins with this share of what it rises to: a batch without any would be wasted


class Schedule(Config, ABC):
    """A schedule with its parameters, which are its fields; a search suggests them only where it is chosen.

    It keeps no state: whatever it does follows from its arguments. Any of them can be preceded by a warm-up, which is
    no concern of its own: its epochs and scores are counted from the end of the warm-up on.

    Attributes:
        name: In the registry.
        per_batch: Whether it is asked before every batch, or once before every epoch.
    """

    name: ClassVar[str]
    per_batch: ClassVar[bool] = False

    warmup_epochs: int = Field(
        default=0,
        ge=0,
        le=MOST_EPOCHS,
        description="so many epochs come first, over which the learning rate rises batch by batch",
    )

    @property
    def has_feedback(self) -> bool:
        """Whether it reads the scores: a training without stop rows has none (``replay.py``)."""
        return False

    @abstractmethod
    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the learning rate now, as a share of the configured one.

        **Looks ahead:** label only, of the stop rows, through ``scores``.

        Args:
            passed: Epochs: 0 before the first batch, 2.5 in the middle of the third epoch.
            epochs: Of the training, at most.
            scores: What is monitored, after each epoch that has passed; the higher, the better.
        """

    def with_warmup(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return ``factor``, after a linear rise to its first value.

        **Looks ahead:** label only, of the stop rows, through ``scores``.

        Source: Goyal et al. (2017), Accurate, Large Minibatch SGD, section 2.2.

        Args:
            passed: Epochs, those of the warm-up included; so are the next two.
            epochs: Of the training, at most.
            scores: After each epoch that has passed.
        """
        start = self.warmup_epochs
        if passed < start:
            rise = WARMUP_FROM + (1 - WARMUP_FROM) * passed / start
            return rise * self.factor(0.0, max(epochs - start, 1), ())
        return self.factor(passed - start, epochs - start, scores[start:])

    def by_batch(self, epoch: int) -> bool:
        """Whether the learning rate moves within an epoch, counted from 1."""
        return self.per_batch or epoch <= self.warmup_epochs

    def problems(self, epochs: int) -> Iterator[str]:
        """Yield what of the parameters does not go with the number of epochs, each beginning with a parameter's name.

        Args:
            epochs: Of the training, at most.
        """
        if self.warmup_epochs >= epochs:
            yield (
                f"warmup_epochs must be below the number of epochs, {epochs}, got {self.warmup_epochs}. "
                "Warm up for fewer, or train for more."
            )
