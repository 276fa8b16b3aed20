"""What a loss is. Free of torch, so that a configuration can be checked without it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from trading_hpo.configuration import Config
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import TargetKind

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from trading_hpo.training.batch import Batch


@dataclass(frozen=True)
class Sampling:
    """What a batch holds.

    Attributes:
        kind: ``rows`` drawn one by one; ``bars``, each with all assets' rows of it; ``runs`` of consecutive bars of
            one asset, run after run.
        length: Bars of a run.
    """

    kind: Literal["rows", "bars", "runs"]
    length: int = 1


ROWS, BARS = Sampling("rows"), Sampling("bars")


class Loss(Config, ABC):
    """A loss with its parameters, which are its fields; a search suggests them only where the loss is chosen.

    Attributes:
        name: In the registry.
        target_kinds: Which targets it can learn.
        additive: Whether it is a mean over rows, so that the mean over an epoch weighs batches by their rows.
        parts: Parameters that name another loss, of which it is made, with the kind of target that this must learn; the
            parameters of those losses are then its own too.
    """

    name: ClassVar[str]
    target_kinds: ClassVar[tuple[TargetKind, ...]]
    additive: ClassVar[bool] = True
    parts: ClassVar[dict[str, TargetKind]] = {}

    @property
    @abstractmethod
    def head(self) -> Head:
        """What the outputs mean; the width of the network follows."""

    @property
    def sampling(self) -> Sampling:
        """What a batch must hold."""
        return ROWS

    def problems(self, held_bars: int) -> Iterator[str]:
        """Yield what of the parameters does not go with the labels, each beginning with a parameter's name.

        Args:
            held_bars: For so many bars a position is held.
        """
        del held_bars
        yield from ()

    @abstractmethod
    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch.

        What it does not read of the batch is never gathered. torch is imported here, not above.

        **Looks ahead:** label only.
        """
