"""A loss of a class and a loss of a number, weighed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator

from trading_hpo.configuration import problems_of
from trading_hpo.errors import did_you_mean
from trading_hpo.tasks.head import Head
from trading_hpo.tasks.task import TargetKind
from trading_hpo.training.losses.loss import Loss
from trading_hpo.training.losses.registry import LOSSES, part_losses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jaxtyping import Float
    from pydantic import ValidationInfo
    from torch import Tensor

    from trading_hpo.training.batch import Batch


class JointLoss(Loss):
    """``w`` times a loss of the class plus ``1 - w`` times a loss of the number, both of the registry.

    The first output is the logit of the class, the second the value of the number, in units of its spread. Parameters
    of the two losses, such as ``focal_gamma``, are given beside those of this one; one of a loss that is not chosen has
    no effect.

    Source: Kendall, Gal and Cipolla (2018), Multi-Task Learning Using Uncertainty to Weigh Losses, equation 1.
    """

    model_config = ConfigDict(extra="allow")

    name: ClassVar[str] = "joint"
    target_kinds: ClassVar[tuple[TargetKind, ...]] = ("joint",)
    parts: ClassVar[dict[str, TargetKind]] = {"joint_class": "class", "joint_return": "number"}

    joint_class: str = Field(default="focal", description="loss of the class")
    joint_return: str = Field(default="mse", description="loss of the number")
    joint_weight: float = Field(default=0.5, ge=0, le=1, description="of the class; the number has the rest")

    @field_validator(*parts)
    @classmethod
    def _can_be_a_part(cls, name: str, info: ValidationInfo) -> str:
        kind = cls.parts[str(info.field_name)]
        fitting = part_losses(kind)
        if name not in fitting:
            raise ValueError(f"{info.field_name} must be {' or '.join(fitting)}, got {name!r}.")
        return name

    @model_validator(mode="after")
    def _known_parameters(self) -> Self:
        if problems := list(self._problems()):
            raise ValueError(*problems)
        return self

    def _problems(self) -> Iterator[str]:
        every = [LOSSES[name] for kind in self.parts.values() for name in part_losses(kind)]
        for name, value in (self.model_extra or {}).items():
            owners = [loss for loss in every if name in loss.model_fields]
            if not owners:
                known = [*type(self).model_fields, *(field for loss in every for field in loss.model_fields)]
                yield f".{name} is not a parameter. {did_you_mean(name, dict.fromkeys(known))}"
            for loss in owners:
                try:
                    loss(**{name: value})
                except ValidationError as error:
                    yield from (f".{problem}" for problem in problems_of(error, loss))

    @cached_property
    def losses(self) -> tuple[Loss, Loss]:
        """That of the class and that of the number, with their own parameters."""
        given: dict[str, Any] = self.model_extra or {}
        of_class, of_number = (
            loss(**{name: value for name, value in given.items() if name in loss.model_fields})
            for loss in (LOSSES[self.joint_class], LOSSES[self.joint_return])
        )
        return of_class, of_number

    @property
    def head(self) -> Head:
        """A logit and a value."""
        return Head("parts", parts=tuple(loss.head for loss in self.losses))

    def __call__(self, batch: Batch) -> Float[Tensor, ""]:
        """Return the loss of a batch of logits and values."""
        of_class, of_number = (loss(batch.column(place)) for place, loss in enumerate(self.losses))
        return self.joint_weight * of_class + (1 - self.joint_weight) * of_number
