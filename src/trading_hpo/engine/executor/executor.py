"""What runs candidates, seen from the supervisor: it submits, polls for events, and answers reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trading_hpo.engine.candidate import Candidate, Outlook, Report


@dataclass(frozen=True)
class Planned:
    """A worker begins a candidate and says what that will take at most."""

    slot: int
    outlook: Outlook


@dataclass(frozen=True)
class Asked:
    """How often a candidate has asked whether to stop: how far it is between its reports."""

    slot: int
    times: int


@dataclass(frozen=True)
class Reported:
    """A candidate goes on and waits for an answer."""

    slot: int
    report: Report


@dataclass(frozen=True)
class Finished:
    """A candidate has come to its end, or was pruned when its last report was answered."""

    slot: int
    report: Report
    pruned: bool


@dataclass(frozen=True)
class Failed:
    """A candidate raised."""

    slot: int
    reason: str


@dataclass(frozen=True)
class OverLimit:
    """A candidate took more than it may; its last report, if there was one."""

    slot: int
    reason: str
    report: Report | None


@dataclass(frozen=True)
class Cancelled:
    """A candidate was interrupted because the executor was cancelled."""

    slot: int


@dataclass(frozen=True)
class Lost:
    """A worker died or hangs.

    Attributes:
        slots: Of its candidates that have no end yet.
        how: What became of the worker, for a message.
        had_begun: Whether the worker had ever been ready; one that never was, such as for want of memory, says nothing
            about the candidates.
    """

    slots: tuple[int, ...]
    how: str
    had_begun: bool


@dataclass(frozen=True)
class CannotBegin:
    """A worker could not be made ready, and no other could: what all of them need is missing."""

    reason: str


OfCandidate = Planned | Reported | Finished | Failed | OverLimit | Cancelled
Event = OfCandidate | Asked | Lost | CannotBegin


class Executor(Protocol):
    """Runs batches of candidates, several at once; a batch may be a single one."""

    @property
    def n_free(self) -> int:
        """How many batches it can begin now."""

    def submit(self, batch: Sequence[Candidate]) -> None:
        """Begin candidates that one worker evaluates together; called while ``n_free`` is not 0."""

    def poll(self, timeout_s: float) -> Sequence[Event]:
        """Return what has happened, waiting for something to happen until the timeout."""

    def answer(self, slot: int, prune: bool) -> None:
        """Answer a report of a single candidate: give it up, or let it go on."""

    def cancel(self) -> None:
        """Interrupt all candidates; each ends in ``Cancelled``, or in another event that was on its way."""

    def close(self) -> None:
        """End all workers, whatever they do."""
