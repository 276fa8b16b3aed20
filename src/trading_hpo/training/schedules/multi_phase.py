"""Schedules one after another, each for some epochs and with a learning rate of its own."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, PlainSerializer

from trading_hpo.configuration import FROM_TEXT, Config
from trading_hpo.training.choices import choice_problems, parts_of
from trading_hpo.training.schedules.constant import Constant
from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.schedule import MOST_EPOCHS, Schedule


def _made(given: Any) -> Any:
    """Return the schedule of a name, or of a mapping of its name and options; what is neither is left as it is."""
    if not isinstance(given, str | dict):
        return given
    if problems := list(choice_problems("schedule", given)):
        raise ValueError(*problems)
    name, options = parts_of(given)
    return SCHEDULES[name](**options)


def _written(schedule: Schedule) -> dict[str, Any]:
    return {"name": schedule.name, **schedule.model_dump(mode="json")}


class Phase(Config):
    """Some epochs of a training.

    Attributes:
        kind: How the learning rate moves within the phase, as if that were a training of its own: its epochs and
            scores are the phase's.
    """

    epochs: int = Field(ge=1, le=MOST_EPOCHS)
    share: float = Field(default=1.0, gt=0, le=1000, description="its learning rate, as a share of the configured one")
    kind: Annotated[Schedule, BeforeValidator(_made), PlainSerializer(_written)] = Constant()


class MultiPhase(Schedule):
    """Phases, each with its epochs, its learning rate and its kind of schedule; repeated, they make a cycle.

    Example:
        >>> week = MultiPhase(phases=[{"epochs": 5}, {"epochs": 2, "share": 0.1}], repeat=True)
        >>> [week.factor(passed, 20, ()) for passed in (0, 4, 5, 6, 7)]
        [1.0, 1.0, 0.1, 0.1, 1.0]
    """

    name: ClassVar[str] = "multi_phase"
    per_batch: ClassVar[bool] = True

    phases: Annotated[tuple[Phase, ...], FROM_TEXT] = Field(
        default=(), description="a list such as [{epochs: 5, share: 0.5}, {epochs: 15, kind: cosine}]"
    )
    repeat: bool = Field(default=False, description="begin with the first phase again after the last")

    @property
    def has_feedback(self) -> bool:
        """Whether any phase reads the scores."""
        return any(phase.kind.has_feedback for phase in self.phases)

    @property
    def phase_epochs(self) -> int:
        """Of all phases together."""
        return sum(phase.epochs for phase in self.phases)

    def factor(self, passed: float, epochs: int, scores: Sequence[float]) -> float:
        """Return the share of the phase times that of its schedule.

        **Looks ahead:** label only, of the stop rows, through ``scores``.
        """
        del epochs
        whole = self.phase_epochs
        start = int(passed // whole) * whole if self.repeat and whole else 0
        for phase in self.phases:
            if passed < start + phase.epochs:
                return phase.share * phase.kind.with_warmup(passed - start, phase.epochs, scores[start:])
            start += phase.epochs
        return 1.0  # no phase is left: `problems` has refused such phases

    def problems(self, epochs: int) -> Iterator[str]:
        """Yield what is wrong with a phase, and that phases end before the training does."""
        yield from super().problems(epochs)
        needed, whole = epochs - self.warmup_epochs, self.phase_epochs
        if whole < needed and not (self.repeat and whole):
            yield (
                f"phases must cover all {needed} epochs{' after the warm-up' if self.warmup_epochs else ''}, got "
                f"phases of {whole} epochs. Add some, lengthen one, or set repeat."
            )
        for number, phase in enumerate(self.phases):
            yield from (f"phases.{number}.kind.{problem}" for problem in phase.kind.problems(phase.epochs))
