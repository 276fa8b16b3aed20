"""The places of a budget: which have ended, which were begun, which is next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OpenSlot:
    """A slot that was begun; its trial may not be in the storage yet."""

    slot: int
    parameters: Mapping[str, Any]
    lost: int


class Slots:
    """Those of one study, by whichever search they are trained.

    Args:
        n_slots: The budget; slots beyond it, left by a search with a larger one, wait for the next such search.
    """

    def __init__(self, n_slots: int) -> None:
        self._n_slots = n_slots
        self._lowest = 0  # all below have ended
        self.ended: set[int] = set()
        self.begun: dict[int, OpenSlot] = {}
        self.running: set[int] = set()

    def next(self, take: Callable[[int], bool], below: int | None = None) -> int | None:
        """Return the lowest slot that has not ended, does not run here, and that ``take`` gives us.

        Args:
            take: Says whether a slot is ours.
            below: Of slots below this one; of the whole budget without it.
        """
        while self._lowest in self.ended:
            self._lowest += 1
        for slot in range(self._lowest, self._n_slots if below is None else min(below, self._n_slots)):
            if slot not in self.ended and slot not in self.running and take(slot):
                self.running.add(slot)
                return slot
        return None

    def end(self, slot: int) -> None:
        """Count a slot as finished."""
        self.ended.add(slot)
        self.running.discard(slot)
        self.begun.pop(slot, None)

    def leave(self, slot: int, begun: OpenSlot | None = None) -> None:
        """Leave a slot that runs here: to be run again as it was begun, or by the search that holds it."""
        self.running.discard(slot)
        if begun is not None:
            self.begun[slot] = begun

    def reopen(self, slot: int) -> None:
        """Take back an end that no search has written after all."""
        self.ended.discard(slot)
        self._lowest = min(self._lowest, slot)
