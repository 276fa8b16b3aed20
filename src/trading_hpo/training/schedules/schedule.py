"""What a schedule is: the learning rate as a function of what has passed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from trading_hpo.configuration import Config


class Schedule(Config, ABC):
    """A schedule with its parameters, which are its fields; a search suggests them only where it is chosen.

    It keeps no state: whatever it does follows from its arguments.

    Attributes:
        name: In the registry.
        per_batch: Whether it is asked before every batch, or once before every epoch.
    """

    name: ClassVar[str]
    per_batch: ClassVar[bool] = False

    @abstractmethod
    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the learning rate now, as a share of the configured one.

        **Looks ahead:** label only, of the stop rows, through ``scores``.

        Args:
            passed: Epochs: 0 before the first batch, 2.5 in the middle of the third epoch.
            epochs: Of the training, at most.
            scores: What is monitored, after each epoch that has passed; the higher, the better.
        """
