"""A schedule that needs to know how the training goes."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from trading_hpo.training.schedules.schedule import Schedule


class CutBack(Schedule):
    """Cuts the learning rate after each epoch that was not the best so far."""

    name: ClassVar[str] = "cut_back"
    has_feedback: ClassVar[bool] = True

    cut_to: float = Field(default=0.5, gt=0, lt=1)

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """**Looks ahead:** label only, of the stop rows, through ``scores``."""
        if len(scores) != int(passed):
            raise ValueError(f"{len(scores)} scores after {passed} epochs")
        return self.cut_to ** sum(score <= max(scores[:place]) for place, score in enumerate(scores) if place)
