"""What people see and are sent while a study runs: trials done, pruned, failed, the best value, the time left."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from trading_hpo.engine.tally import Tally
from trading_hpo.escaping import rich_text
from trading_hpo.notifications import NotificationsConfig, Notifier

PLAIN_EVERY_S = 15.0


class Progress:
    """Shows a search, in a live line on a terminal and now and then in a plain one elsewhere, and sends messages.

    Args:
        notifications: When messages are sent.
        console: To write to; standard error without one, so that results can be piped.

    Raises:
        ConfigurationError: A channel of the messages cannot be read.
    """

    def __init__(self, notifications: NotificationsConfig, console: Console | None = None) -> None:
        self._every_n_trials = notifications.every_n_trials
        self._notifier = Notifier.of(notifications)
        self._console = console or Console(file=sys.stderr, highlight=False)
        self._live: Live | None = None
        self._next_plain = time.monotonic() + PLAIN_EVERY_S
        self._tally = Tally("", "", 0)

    @contextmanager
    def watching(self, tally: Tally) -> Iterator[None]:
        """Show the counts until the block ends and their last state after it; send how it begins and ends."""
        self._tally = tally
        if tally.finished < tally.budget:
            self._notifier.notify(f"started: {line(tally)}")
        try:
            with self._shown():
                yield
        except BaseException as error:
            self._notifier.notify(f"stopped by {type(error).__name__}: {line(tally)}")
            raise
        else:
            if tally.finished > tally.resumed:
                self._notifier.notify(f"ended: {line(tally)}")
        finally:
            self._notifier.close()

    @contextmanager
    def _shown(self) -> Iterator[None]:
        try:
            if self._console.is_terminal:
                with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
                    yield
            else:
                yield
        finally:
            self._print(line(self._tally))
            if self._tally.first_failure is not None:
                self._print(f"  first failure: {self._tally.first_failure}")

    def refresh(self) -> None:
        """Draw the counts again."""
        if self._live is not None:
            self._live.update(rich_text(line(self._tally)))
        elif time.monotonic() >= self._next_plain:
            self._next_plain = time.monotonic() + PLAIN_EVERY_S
            self._print(line(self._tally))

    def trial_ended(self, is_best: bool) -> None:
        """Send a better value, and every n-th end."""
        if is_best:
            self._notifier.notify(f"better: {line(self._tally)}")
        elif self._every_n_trials is not None and self._tally.finished % self._every_n_trials == 0:
            self._notifier.notify(line(self._tally))

    def waits_for_others(self, n_trials: int) -> None:
        """Say why nothing seems to happen."""
        self._print(f"Waiting for {n_trials} trials that other machines train; Ctrl-C ends the wait.")

    def _print(self, text: str) -> None:
        self._console.print(rich_text(text), soft_wrap=True)


def line(tally: Tally) -> str:
    """Return the counts in one line."""
    seconds = time.monotonic() - tally.started
    best = "-" if tally.best is None else f"{tally.best:.4f}"
    done = tally.finished - tally.resumed
    left = f", about {_clock(seconds / done * (tally.budget - tally.finished))} left" if done else ""
    clock = f"elapsed {_clock(seconds)}{left}" if tally.finished < tally.budget else _clock(seconds)
    width = len(str(tally.budget))
    return (
        f"{tally.name:<40} {tally.finished:>{width}}/{tally.budget} trials  {tally.pruned:>2} pruned  "
        f"{tally.failed:>2} failed  best {tally.metric} {best}  {clock}"
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
