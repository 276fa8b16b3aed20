"""What people see and are sent while a study runs: trials, epochs, the best value, the time that is left."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from rich.console import Console
from rich.live import Live

from trading_hpo.durations import clock
from trading_hpo.engine.tally import Tally
from trading_hpo.escaping import rich_text
from trading_hpo.notifications import NotificationsConfig, Notifier
from trading_hpo.study.place import Place

# Plain lines come this often at first, then after a tenth of the time so far, so that a night fills no log.
PLAIN_EVERY_S, PLAIN_AT_MOST_S, _PLAIN_SHARE = 15.0, 300.0, 0.1
PLAIN_WIDTH = 100  # of a line that is no terminal's
_DRAW_EVERY_S = 0.2


@dataclass(frozen=True)
class Shown:
    """What a search is called.

    Attributes:
        name: The model type, with its phase; without one the study's name is shown.
        place: Among the searches of a run.
        unit: What a step of a trial is; none is shown of trials that report nothing before their end.
        later: Trials that are left of the model types that are searched afterwards.
    """

    name: str = ""
    place: Place | None = None
    unit: str | None = None
    later: Mapping[str, int] = field(default_factory=dict)

    def numbered(self, name: str, words: str = "") -> str:
        """Return a name with its place."""
        return name if self.place is None else f"{name} ({words}{self.place.number} of {self.place.of})"

    def left_of_all(self, tally: Tally) -> float | None:
        """Return about how long this search and those after it take yet, if that can be known."""
        left, each = tally.seconds_left(), tally.work.seconds_each()
        if not self.later or self.place is None or left is None or each is None:
            return None
        seconds = self.place.epoch_seconds
        seconds |= tally.work.notes
        if not self.place.knows(self.name):
            return None
        per_epoch = each / tally.work.workers / seconds[self.name]
        return left + sum(n_trials * seconds[name] * per_epoch for name, n_trials in self.later.items())


class Progress:
    """Shows a search, in a live line on a terminal and now and then in a plain one elsewhere, and sends messages.

    Args:
        notifications: When messages are sent.
        console: To write to; standard error without one, so that results can be piped.
        shown: What the search is called.
    """

    def __init__(
        self, notifications: NotificationsConfig, console: Console | None = None, shown: Shown | None = None
    ) -> None:
        self._every_n_trials = notifications.every_n_trials
        self._notifier = Notifier.of(notifications)
        self._console = console or Console(file=sys.stderr, highlight=False)
        self._shown = shown or Shown()
        self._live: Live | None = None
        self._begun = time.monotonic()
        self._next = self._begun + PLAIN_EVERY_S
        self._tally = Tally("", "", 0)

    @contextmanager
    def watching(self, tally: Tally) -> Iterator[None]:
        """Show the counts until the block ends and their last state after it; send how it begins and ends."""
        self._tally = tally
        if tally.finished < tally.budget:
            self._notify("started: ")
        try:
            with self._drawn():
                yield
        except BaseException as error:
            self._notify(f"stopped by {type(error).__name__}: ")
            raise
        else:
            if tally.finished > tally.resumed:
                self._notify("ended: ")
        finally:
            self._notifier.close()

    @contextmanager
    def _drawn(self) -> Iterator[None]:
        try:
            if self._console.is_terminal:
                self._next = time.monotonic()
                with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
                    yield
            else:
                yield
        finally:
            self._print(self._line())
            if self._tally.first_failure is not None:
                self._print(f"  first failure: {self._tally.first_failure}")

    def refresh(self) -> None:
        """Draw the counts again, if it is time."""
        now = time.monotonic()
        if now < self._next:
            return
        if self._live is None:
            self._next = now + min(max(PLAIN_EVERY_S, _PLAIN_SHARE * (now - self._begun)), PLAIN_AT_MOST_S)
            self._print(self._line())
        else:
            self._next = now + _DRAW_EVERY_S
            self._live.update(rich_text(self._line()))

    def trial_ended(self, is_best: bool) -> None:
        """Send a better value, and every n-th end."""
        if is_best:
            self._notify("better: ")
        elif self._every_n_trials is not None and self._tally.finished % self._every_n_trials == 0:
            self._notify("")

    def waits_for_others(self, n_trials: int) -> None:
        """Say why nothing seems to happen."""
        self._print(f"Waiting for {n_trials} trials that other machines train; Ctrl-C ends the wait.")

    def _line(self) -> str:
        return line(self._tally, self._shown, self._console.width if self._console.is_terminal else PLAIN_WIDTH)

    def _notify(self, what: str) -> None:
        """Send the counts under the study's full name: several machines may send to one place."""
        self._notifier.notify(f"{what}{line(self._tally, replace(self._shown, name=''))}")

    def _print(self, text: str) -> None:
        self._console.print(rich_text(text), soft_wrap=True)


def line(tally: Tally, shown: Shown | None = None, width: int | None = None) -> str:
    """Return the counts in one line.

    Args:
        tally: The counts.
        shown: What the search is called.
        width: Columns; one less is filled, and what matters least is left out for it.
    """
    shown = shown or Shown()
    words = dict(_words(tally, shown))
    text = _joined(words)
    for name, shorter in _shorter(tally, shown, dict(words)):
        if width is None or len(text) < width:
            break
        words[name] = shorter
        text = _joined(words)
    return text


def _joined(words: dict[str, str]) -> str:
    return "  ".join(filter(None, words.values()))


def _words(tally: Tally, shown: Shown) -> Iterator[tuple[str, str]]:
    name, running = shown.name or tally.name, tally.finished < tally.budget
    yield "name", shown.numbered(name, "model type ")
    ends = ((count, state) for count, state in ((tally.pruned, "pruned"), (tally.failed, "failed")) if count)
    yield "trials", "".join([_trials(tally), *(f", {count} {state}" for count, state in ends)])
    if shown.unit is not None and tally.work.steps:
        in_all = f" of about {round(tally.steps_in_all())}" if running else ""
        yield "steps", f"{tally.work.steps}{in_all} {shown.unit}"
    if tally.best is not None:
        yield "best", f"best {tally.metric} {tally.best:.4f}"
    if tally.resumed >= tally.budget:
        yield "time", "up to date"
        return
    elapsed = f"elapsed {clock(time.monotonic() - tally.started)}"
    left = tally.seconds_left() if running else None
    yield "time", elapsed if left is None else f"{elapsed}, about {_about(left)} left"
    whole = shown.left_of_all(tally) if running else None
    if whole is not None:
        yield "all", f"(all searches {_about(whole)})"


def _shorter(tally: Tally, shown: Shown, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield shorter words, those first that are missed least."""
    if "steps" in words:
        yield "steps", f"{tally.work.steps} {shown.unit}"
    if "all" in words:
        yield "all", words["all"].replace("all searches", "all")
    yield "name", shown.numbered(shown.name or tally.name)
    yield "best", ""
    yield "trials", _trials(tally)
    yield "all", ""


def _trials(tally: Tally) -> str:
    return f"{tally.finished}/{tally.budget} trials"


def _about(seconds: float) -> str:
    """Return a time as exactly as it is known."""
    step = 1 if seconds < 60 else 5 if seconds < 600 else 60
    return clock(step * round(seconds / step))
