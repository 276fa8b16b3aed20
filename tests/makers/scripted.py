"""A search whose one worker sends what is written down for each slot, and other searches beside it."""

from contextlib import contextmanager

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.executor.executor import Cancelled, Failed, Finished, Lost, OverLimit
from trading_hpo.engine.space import FloatParameter

SPACE = {"x": FloatParameter(type="float", low=0.0, high=1.0)}


class Scripted:
    """At each poll it sends the next event of each slot that it runs, or a value of 0.

    Args:
        events: By slot, made of the slot.
        workers: How many batches it runs at once.
    """

    def __init__(self, events, workers=1):
        self.events, self.workers = {slot: list(made) for slot, made in events.items()}, workers
        self.running, self.batches, self.answers, self.cancelled = [], [], [], False

    @property
    def n_free(self):
        return self.workers - len(self.running)

    @property
    def submitted(self):
        return [slot for batch in self.batches for slot in batch]

    def submit(self, batch):
        slots = [candidate.slot for candidate in batch]
        self.batches.append(slots)
        self.running.append(list(slots))

    def poll(self, timeout_s):
        assert timeout_s > 0
        events = [self._next(slot) for slots in self.running for slot in slots]
        over = {event.slot for event in events if isinstance(event, Finished | Failed | OverLimit | Cancelled)}
        over |= {slot for event in events if isinstance(event, Lost) for slot in event.slots}
        left = [[slot for slot in slots if slot not in over] for slots in self.running]
        self.running = [slots for slots in left if slots]
        return events

    def _next(self, slot):
        left = self.events.get(slot)
        return Cancelled(slot) if self.cancelled else (left.pop(0) if left else ends(0.0))(slot)

    def answer(self, slot, prune):
        self.answers.append((slot, prune))

    def cancel(self):
        self.cancelled = True

    def close(self): ...


class Watcher:
    """Writes down whether each end was the best, and for how many trials of others the search waits."""

    def __init__(self):
        self.tally, self.best, self.waits = None, [], []

    @contextmanager
    def watching(self, tally):
        self.tally = tally
        yield

    def refresh(self): ...

    def trial_ended(self, is_best):
        self.best.append(is_best)

    def waits_for_others(self, n_trials):
        self.waits.append(n_trials)


class Others:
    """Claims of a study that others search too.

    Args:
        theirs: Slots that they have.
    """

    shared = True

    def __init__(self, theirs=()):
        self.theirs, self.released, self.asked = set(theirs), [], []

    def take(self, slot, begun):
        self.asked.append((slot, begun))
        return slot not in self.theirs

    def release(self, slot):
        self.released.append(slot)

    def keep(self): ...


def report(*values, step=1, **more):
    return Report(values, step, values, finished=True, cost={"epochs": 1.0}, **more)


def ends(*values, pruned=False, **more):
    return lambda slot: Finished(slot, report(*values, **more), pruned)


def fails(reason):
    return lambda slot: Failed(slot, reason)


def loses(how, had_begun=True):
    return lambda slot: Lost((slot,), how, had_begun)


NEVER_READY = loses("killed by signal 9", had_begun=False)
