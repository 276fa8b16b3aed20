"""What the outputs of a model mean: the loss that trains them says so, and the task reads them by it."""

from dataclasses import dataclass
from typing import Literal

HeadKind = Literal["logit", "value", "quantiles", "position"]


@dataclass(frozen=True)
class Head:
    """The meaning of a model's outputs.

    Attributes:
        kind: ``logit`` of the positive class, ``value`` of the target in its unit, ``quantiles`` of the target,
            ``position`` to hold, before it is squashed to -1..1.
        levels: Of the quantiles, increasing, each above 0 and below 1.
    """

    kind: HeadKind
    levels: tuple[float, ...] = ()

    def width(self, n_targets: int) -> int:
        """Return O, the number of outputs for C targets; quantiles lie target by target.

        Example:
            >>> Head("quantiles", (0.1, 0.5, 0.9)).width(2), Head("position").width(2)
            (6, 1)
        """
        return {"quantiles": n_targets * len(self.levels), "position": 1}.get(self.kind, n_targets)


LOGIT, VALUE, POSITION = Head("logit"), Head("value"), Head("position")
