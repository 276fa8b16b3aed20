"""What is done for a study now and then while it is searched, and at the search's beginning and end."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from trading_hpo.engine.store.outage import will_pass
from trading_hpo.engine.tally import Observer, Tally
from trading_hpo.errors import TradingHpoError

logger = logging.getLogger(__name__)

EVERY_S = 30.0


class Upkeep:
    """Watches a search for another observer, and calls a function every half minute.

    Args:
        observer: Shows how the search goes on.
        function: Leaves the study the same if it is called again. While the storage is away it is left out; what else
            it raises ends the search, after what was finished is written.
    """

    def __init__(self, observer: Observer, function: Callable[[], None]) -> None:
        self._observer, self._function = observer, function
        self._next = time.monotonic()

    def do(self) -> None:
        """Call it now."""
        try:
            self._function()
        except Exception as error:
            if not will_pass(error):
                raise
        self._next = time.monotonic() + EVERY_S

    def try_to(self) -> None:
        """Call it now, and log why it failed if it does: the next search makes up for it."""
        try:
            self.do()
        except TradingHpoError as error:
            logger.warning("%s", error)

    @contextmanager
    def watching(self, tally: Tally) -> Iterator[None]:
        """Watch until the block ends."""
        with self._observer.watching(tally):
            yield

    def refresh(self) -> None:
        """Show the counts, and call the function when it is due: at first at once."""
        self._observer.refresh()
        if time.monotonic() >= self._next:
            self.do()

    def trial_ended(self, is_best: bool) -> None:
        """Pass it on."""
        self._observer.trial_ended(is_best)

    def waits_for_others(self, n_trials: int) -> None:
        """Pass it on."""
        self._observer.waits_for_others(n_trials)
