"""Counts of a search, and who watches them."""

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from trading_hpo.engine.config import Goal
from trading_hpo.engine.workload import Workload


@dataclass
class Tally:
    """Counts of one study's slots.

    Attributes:
        name: Of the study.
        metric: Of the best value.
        budget: Slots in all.
        resumed: Slots that were finished before this run.
        finished: All finished slots, pruned and failed ones with them.
        maximize: Whether a larger value is better.
        first_failure: Reason of this run's first failed slot.
        ends_at: Moment at which the run's time is over, whatever is left.
        work: What this run has done.
    """

    name: str
    metric: str
    budget: int
    resumed: int = 0
    finished: int = 0
    pruned: int = 0
    failed: int = 0
    best: float | None = None
    maximize: bool = True
    first_failure: str | None = None
    started: float = field(default_factory=time.monotonic)
    ends_at: float = math.inf
    work: Workload = field(default_factory=Workload)

    @staticmethod
    def of(name: str, goals: Sequence[Goal], budget: int, resumed: int) -> "Tally":
        """Begin to count a study's slots; of several goals the first one's best, whatever the others are."""
        first = goals[0]
        metric = first.metric if len(goals) == 1 else f"{first.metric} alone"
        return Tally(name, metric, budget, resumed, maximize=first.direction == "maximize")

    def count(self, state: str, value: float | None) -> None:
        """Count a slot that has ended.

        Args:
            state: Name of its trial's state.
            value: What may be the best so far; none of a trial that cannot be chosen.
        """
        self.finished += 1
        self.pruned += state == "PRUNED"
        self.failed += state == "FAIL"
        if value is not None and math.isfinite(value):
            better = self.best is None or (value > self.best if self.maximize else value < self.best)
            self.best = value if better else self.best

    def steps_in_all(self) -> float:
        """Return about how many steps this run will have had at its end."""
        return self.work.steps_in_all(self._ours())

    def seconds_left(self) -> float | None:
        """Return about how long the run takes yet; none before anything is known."""
        seconds = self.work.seconds_left(self._ours())
        return None if seconds is None else max(min(seconds, self.ends_at - time.monotonic()), 0.0)

    def _ours(self) -> int:
        """Slots without an end that will be ours, if other machines go on as they did beside us."""
        unfinished, ended_here = self.budget - self.finished, self.work.n_ended
        ended = self.finished - self.resumed
        return round(unfinished * ended_here / ended) if 0 < ended_here < ended else unfinished


class Observer(Protocol):
    """Watches a search; what it shows or sends never changes a trial."""

    def watching(self, tally: Tally) -> AbstractContextManager[None]:
        """Watch until the block ends; an exception that ends it goes on."""

    def refresh(self) -> None:
        """Called several times a second."""

    def trial_ended(self, is_best: bool) -> None:
        """Called after a trial of this search has been counted."""

    def waits_for_others(self, n_trials: int) -> None:
        """Called once if trials that other machines train are all that is left."""
