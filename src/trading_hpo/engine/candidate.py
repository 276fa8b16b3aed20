"""What the engine runs and what it receives: neither knows what a candidate means."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from trading_hpo.errors import TradingHpoError


@dataclass(frozen=True)
class Candidate:
    """A place in the budget and the parameters to try there."""

    slot: int
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Outlook:
    """What a candidate will take at most, as far as it is known before; for the estimate of the time that is left.

    Attributes:
        n_steps: Reports at most.
        asked: How often about ``should_stop`` is asked in each step, all alike in cost; empty if that is not known.
        notes: Numbers by name for the observer; opaque to the engine.
    """

    n_steps: int
    asked: tuple[float, ...] = ()
    notes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a candidate is worth so far.

    Attributes:
        values: One per objective; NaN where there is none.
        step: From 1; candidates are compared at equal steps.
        reported: What pruners see at that step, one per objective: the values, or those of the step alone.
        finished: No further report will come.
        no_value: Why there is none, by the objective's name; of other metrics too.
        violations: How far each constraint is exceeded, by name and in a fixed order; 0 or less is kept.
        cost: What it has taken so far, by name; kept of a failed trial too.
        record: Plain data by name that the study keeps of a trial that has ended; opaque to the engine.
        payload: Bytes by key that are kept beside such a trial, in a table of their own; opaque to the engine.
        at_end: Adds what is made only of the report that a trial ends with. Which one that is, is known after it was
            sent, so the worker keeps it back and calls it then; it need not be picklable.
    """

    values: tuple[float, ...]
    step: int
    reported: tuple[float, ...]
    finished: bool
    no_value: Mapping[str, str] = field(default_factory=dict)
    violations: Mapping[str, float] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    record: Mapping[str, Any] = field(default_factory=dict)
    payload: Mapping[str, bytes] = field(default_factory=dict)
    at_end: Callable[["Report"], "Report"] | None = field(default=None, compare=False)

    def passing(self) -> "Report":
        """Return it as it is sent while the candidate goes on."""
        return replace(self, at_end=None)

    def last(self) -> "Report":
        """Return it as it is sent when the candidate ends with it."""
        return (self if self.at_end is None else self.at_end(self)).passing()


class Evaluator(Protocol):
    """Runs candidates in a worker."""

    def evaluate(self, candidate: Candidate, should_stop: Callable[[], bool]) -> Iterator[Report]:
        """Yield what the candidate is worth so far, until it is finished or the caller stops asking.

        Raises:
            Interrupted: ``should_stop`` said yes.
            OverLimitError: The candidate takes more than it may.
            Exception: Any other ends the trial as failed; the search goes on.
        """


@runtime_checkable
class PlanningEvaluator(Evaluator, Protocol):
    """Knows before what a candidate will take at most."""

    def outlook(self, candidate: Candidate) -> Outlook:
        """Return it, without delay: it is asked for before every candidate that runs alone."""


class BatchEvaluator(Evaluator, Protocol):
    """Runs many candidates at once."""

    def evaluate_many(
        self, candidates: Sequence[Candidate], should_stop: Callable[[], bool]
    ) -> Iterator[tuple[int, Report | TradingHpoError]]:
        """Yield the slot and the end of each candidate, in any order: what it is worth, or why it failed.

        A candidate's end is that of ``evaluate``, whatever else is in the batch.

        Raises:
            Interrupted: ``should_stop`` said yes.
            Exception: Any other ends the candidates that have no end yet as failed; the search goes on.
        """


MakeEvaluator = Callable[[], Evaluator]  # called once per worker, in its process; must be picklable
