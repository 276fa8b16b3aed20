"""What the outputs of a model mean: the loss that trains them says so, and the task reads them by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

HeadKind = Literal["logit", "value", "quantiles", "position", "parts"]


@dataclass(frozen=True)
class Head:
    """The meaning of a model's outputs.

    Attributes:
        kind: ``logit`` of the positive class, ``value`` of the target in its unit, ``quantiles`` of the target,
            ``position`` to hold, before it is squashed to -1..1; ``parts``: one output for each target, and each means
            something else.
        levels: Of the quantiles, increasing, each above 0 and below 1.
        parts: Of each target.
        in_risk: Whether a position is a share of a volatility, and not of the capital: the same position holds less of
            an asset that moves more.
    """

    kind: HeadKind
    levels: tuple[float, ...] = ()
    parts: tuple["Head", ...] = ()
    in_risk: bool = False

    def width(self, n_targets: int) -> int:
        """Return O, the number of outputs for C targets; quantiles lie target by target.

        Example:
            >>> Head("quantiles", (0.1, 0.5, 0.9)).width(2), Head("position").width(2)
            (6, 1)
        """
        return {"quantiles": n_targets * len(self.levels), "position": 1}.get(self.kind, n_targets)

    def plain(self) -> dict[str, Any]:
        """Return it as plain data, which networks carry.

        Example:
            >>> Head("parts", parts=(LOGIT, VALUE)) == Head.of(Head("parts", parts=(LOGIT, VALUE)).plain())
            True
        """
        parts = {"parts": [part.plain() for part in self.parts]} if self.parts else {}
        in_risk = {"in_risk": True} if self.in_risk else {}
        return {"kind": self.kind, "levels": list(self.levels), **parts, **in_risk}

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "Head":
        """Return what ``plain`` has written."""
        parts = tuple(Head.of(part) for part in plain.get("parts", ()))
        return Head(plain["kind"], tuple(plain["levels"]), parts, plain.get("in_risk", False))


LOGIT, VALUE, POSITION = Head("logit"), Head("value"), Head("position")
POSITION_IN_RISK = Head("position", in_risk=True)
