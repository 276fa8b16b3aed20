"""A search whose one worker sends what is written down for each slot, and other searches beside it."""

from contextlib import contextmanager

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.executor.executor import Cancelled, CannotBegin, Failed, Finished, Lost, Reported
from trading_hpo.engine.space import FloatParameter

SPACE = {"x": FloatParameter(type="float", low=0.0, high=1.0)}


class Scripted:
    """Runs a candidate at a time; at each poll it sends the next event of its slot, or a value of 0.

    Args:
        events: By slot, made of the slot.
    """

    def __init__(self, events):
        self.events = {slot: list(made) for slot, made in events.items()}
        self.running, self.submitted, self.answers, self.cancelled = None, [], [], False

    @property
    def n_free(self):
        return int(self.running is None)

    def submit(self, batch):
        (candidate,) = batch
        self.running = candidate.slot
        self.submitted.append(candidate.slot)

    def poll(self, timeout_s):
        if self.running is None:
            return []
        left = self.events.get(self.running)
        event = Cancelled(self.running) if self.cancelled else (left.pop(0) if left else ends(0.0))(self.running)
        if not isinstance(event, Reported | CannotBegin):
            self.running = None
        return [event]

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
        self.theirs, self.released = set(theirs), []

    def take(self, slot, begun=False):
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
