"""Values on the way of a running trial: which are written at once, and which with its end."""

import time
from dataclasses import dataclass, field

SHARE = 0.03  # of a trial's time that writing may take


@dataclass
class Reports:
    """Those of one attempt at a trial, in the order of their steps.

    They are in the storage for people who watch; pruners have them from memory, and a finished trial has all of them.

    Attributes:
        waiting: By step, not handed to the writer yet.
        spent_s: That the storage has taken for this attempt.
        being_written: Earlier ones are on their way; meanwhile others wait.
        began: Of the attempt, on the monotonic clock.
    """

    waiting: dict[int, float] = field(default_factory=dict)
    spent_s: float = 0.0
    being_written: bool = False
    began: float = field(default_factory=time.monotonic)

    def due(self) -> dict[int, float]:
        """Return those that are to be written now: all or none."""
        if self.being_written or self.spent_s > SHARE * (time.monotonic() - self.began):
            return {}
        self.being_written = True
        return self.rest()

    def rest(self) -> dict[int, float]:
        """Return all that wait; they wait no longer."""
        waiting, self.waiting = self.waiting, {}
        return waiting

    def written(self, seconds: float) -> None:
        """Count what a write took; called by the thread that made it."""
        self.spent_s += seconds
        self.being_written = False
