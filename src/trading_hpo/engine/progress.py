"""What a person sees while a study runs: trials done, pruned, failed, the best value, the time left."""

import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from trading_hpo.engine.config import Goal

PLAIN_EVERY_S = 15.0


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

    def line(self) -> str:
        """Return the counts in one line."""
        seconds = time.monotonic() - self.started
        best = "-" if self.best is None else f"{self.best:.4f}"
        done = self.finished - self.resumed
        left = f", about {_clock(seconds / done * (self.budget - self.finished))} left" if done else ""
        clock = f"elapsed {_clock(seconds)}{left}" if self.finished < self.budget else _clock(seconds)
        width = len(str(self.budget))
        return (
            f"{self.name:<40} {self.finished:>{width}}/{self.budget} trials  {self.pruned:>2} pruned  "
            f"{self.failed:>2} failed  best {self.metric} {best}  {clock}"
        )


class Progress:
    """Shows a tally: a live line on a terminal, now and then a plain one elsewhere."""

    def __init__(self, tally: Tally, console: Console) -> None:
        self.tally = tally
        self._console = console
        self._live: Live | None = None
        self._next_plain = time.monotonic() + PLAIN_EVERY_S

    @contextmanager
    def shown(self) -> Iterator["Progress"]:
        """Show the tally until the block ends, and its last state after it."""
        try:
            if self._console.is_terminal:
                with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
                    yield self
            else:
                yield self
        finally:
            self._console.print(Text(self.tally.line()), soft_wrap=True)
            if self.tally.first_failure is not None:
                self._console.print(Text(f"  first failure: {self.tally.first_failure}"), soft_wrap=True)

    def say(self, line: str) -> None:
        """Print a line of its own."""
        self._console.print(Text(line), soft_wrap=True)

    def refresh(self) -> None:
        """Draw the tally again."""
        if self._live is not None:
            self._live.update(Text(self.tally.line()))
        elif time.monotonic() >= self._next_plain:
            self._next_plain = time.monotonic() + PLAIN_EVERY_S
            self._console.print(Text(self.tally.line()), soft_wrap=True)


def progress_console() -> Console:
    """Return the console that progress is written to; standard error, so that results can be piped."""
    return Console(file=sys.stderr, highlight=False)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
