"""What an optimizer is. Free of torch, so that a configuration can be checked without it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from trading_hpo.configuration import Config

if TYPE_CHECKING:
    from torch import nn, optim


class Optimizer(Config, ABC):
    """An optimizer with its parameters, which are its fields; a search suggests them only where it is chosen.

    The learning rate is none of them: every optimizer has one, and the schedule moves it.

    Attributes:
        name: In the registry.
        states_per_weight: Numbers that it keeps beside each weight, for the estimate of memory.
    """

    name: ClassVar[str]
    states_per_weight: ClassVar[int] = 2

    @abstractmethod
    def make(self, network: nn.Module, learning_rate: float) -> optim.Optimizer:
        """Return torch's optimizer of a network's weights. torch is imported here, not above.

        Args:
            network: On its device.
            learning_rate: Before the schedule moves it; ``lr`` of every parameter group is replaced by the schedule's.
        """
