"""What a search has done in this run, and an estimate of the time that the rest takes.

A trial is measured by its steps, which are its reports, and between them by how often it has asked whether to stop. A
trial that has not begun takes what those have taken that have ended, and what those will take that run.
"""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from trading_hpo.engine.candidate import Outlook
from trading_hpo.engine.executor.executor import Asked, Planned

MEASURED_FOR_S = 1.0  # at least, before a rate is taken from the batches of a first step
_NEARLY = 0.99  # of a step that has not been reported yet
_ROUNDS = 20  # of all workers that are played through; those before them only add up


@dataclass(eq=False)
class Running:
    """A candidate in a worker, or several that one worker evaluates together.

    Attributes:
        slots: That have no end yet.
        size: Of the batch, when it began.
        began: Moment.
        outlook: What one candidate takes at most.
        steps: Reported.
        seen: Moment of the last sign.
        asked: Up to the last sign.
        asked_in_steps: Up to the last report.
        since: Moment, and the work done by then, from which the rate is measured: the first batch, if they are counted.
    """

    slots: set[int]
    size: int
    began: float
    outlook: Outlook
    steps: int = 0
    seen: float = 0.0
    asked: int = 0
    asked_in_steps: int = 0
    since: tuple[float, float] | None = None

    def cost(self, steps: float) -> float:
        """Return the work of the first steps, in batches where these are known, else in steps."""
        whole, rest = int(steps), steps % 1
        costs = self.outlook.asked
        if not costs:
            return steps
        return sum(costs[:whole]) + rest * costs[min(whole, len(costs) - 1)] + costs[-1] * max(whole - len(costs), 0)

    @property
    def done(self) -> float:
        """Work up to the last sign."""
        reported = self.cost(self.steps)
        if not self.outlook.asked:
            return reported
        # What was asked in the steps so far says how well the outlook counts.
        scale = self.asked_in_steps / reported if self.steps and self.asked_in_steps else 1.0
        next_step = self.cost(self.steps + 1) - reported
        return reported + min((self.asked - self.asked_in_steps) / scale, _NEARLY * next_step)

    @property
    def rate(self) -> float | None:
        """Seconds for a unit of work; none before that can be measured."""
        if self.since is not None:
            since, done_before = self.since
            measured_s, done = self.seen - since, self.done - done_before
            if done > 0 and measured_s >= MEASURED_FOR_S:
                return measured_s / done
        return (self.seen - self.began) / self.done if self.steps else None


@dataclass
class Workload:
    """Counts the steps of a run of a search.

    Attributes:
        max_steps: Of a candidate, where it does not say so itself.
        workers: How many batches run at once.
        batch: Candidates in a batch.
        clock: Seconds.
        n_ended: Candidates that have ended here in this run.
        notes: Of the candidates' outlooks.
    """

    max_steps: int = 1
    workers: int = 1
    batch: int = 1
    clock: Callable[[], float] = time.monotonic
    n_ended: int = 0
    notes: dict[str, float] = field(default_factory=dict)
    _running: dict[int, Running] = field(default_factory=dict)
    _ended_seconds: float = 0.0
    _ended_at: Counter[int] = field(default_factory=Counter)  # how many by their number of steps

    def begin(self, slots: Sequence[int]) -> None:
        """Note that a worker was given candidates."""
        now = self.clock()
        running = Running(set(slots), len(slots), now, Outlook(self.max_steps), seen=now)
        self._running |= dict.fromkeys(slots, running)

    def note(self, event: Asked | Planned) -> None:
        """Note what a worker says beside its reports."""
        if isinstance(event, Planned):
            self.plan(event.slot, event.outlook)
        else:
            self.ask(event.slot, event.times)

    def plan(self, slot: int, outlook: Outlook) -> None:
        """Note what a candidate takes at most; its worker has only begun now."""
        self.notes |= outlook.notes
        if (running := self._running.get(slot)) is not None:
            running.outlook, running.began, running.seen = outlook, self.clock(), self.clock()

    def ask(self, slot: int, times: int) -> None:
        """Note how often a candidate has asked whether to stop."""
        running = self._running.get(slot)
        if running is None or not running.outlook.asked or times == running.asked:
            return
        running.asked, running.seen = times, self.clock()
        if running.since is None:  # what is prepared before the first batch is not done again
            running.since = (running.seen, running.done)

    def step(self, slot: int) -> None:
        """Count a report."""
        running = self._running.get(slot)
        if running is not None and running.size == 1:  # a batch has no steps in common
            running.steps += 1
            running.seen, running.asked_in_steps = self.clock(), running.asked

    def end(self, slot: int) -> None:
        """Count a candidate that has ended, in whatever way."""
        if (running := self.drop(slot)) is not None:
            self.n_ended += 1
            self._ended_seconds += (self.clock() - running.began) / running.size
            self._ended_at[running.steps] += 1

    def drop(self, slot: int) -> Running | None:
        """Forget a candidate that runs again from its beginning, or elsewhere."""
        running = self._running.pop(slot, None)
        if running is not None:
            running.slots.discard(slot)
        return running

    @property
    def steps(self) -> int:
        """Steps so far, those of running candidates with them."""
        return self._steps_of_ended + sum(running.steps for running in self._batches)

    def steps_in_all(self, unfinished: int) -> float:
        """Return about how many steps the run will have had at its end.

        Args:
            unfinished: Candidates that have no end, running or not.
        """
        at_most = [batch.outlook.n_steps for batch in self._batches]
        each = self._steps_of_ended / self.n_ended if self.n_ended else fmean(at_most or [self.max_steps])
        running = sum(self._last_step(batch) for batch in self._batches)
        return self._steps_of_ended + running + each * max(unfinished - len(self._running), 0)

    def seconds_left(self, unfinished: int) -> float | None:
        """Return about how long the rest takes, or none before anything is known.

        Args:
            unfinished: As of ``steps_in_all``.
        """
        now, own = self.clock(), self._whole_batches()
        each = self.seconds_each()
        if each is None:
            return None
        each *= self.batch
        for batch, whole in own.items():
            if batch.steps == 0:  # a few batches are soon measured, and badly: until its first step others say more
                measured = batch.done / batch.cost(1)
                own[batch] = measured * whole + (1 - measured) * each
        left = [max(own.get(batch, each) - (now - batch.began), 0.0) for batch in self._batches]
        return _last_end(left, max(unfinished - len(self._running), 0) / self.batch, each, self.workers)

    def seconds_each(self) -> float | None:
        """Return about how long a candidate takes that has not begun, or none before anything is known."""
        seconds, weight = self._ended_seconds, float(self.n_ended)
        for batch, whole in self._whole_batches().items():
            share = batch.done / batch.cost(self._last_step(batch))
            seconds += share * whole / batch.size  # one that has only begun says less than one that has ended
            weight += share
        return seconds / weight if weight else None

    def _whole_batches(self) -> dict[Running, float]:
        """Return how long those take in all that run and whose rate is known."""
        rates = {batch: batch.rate for batch in self._batches}
        return {
            batch: batch.seen - batch.began + (batch.cost(self._last_step(batch)) - batch.done) * rate
            for batch, rate in rates.items()
            if rate is not None
        }

    @property
    def _batches(self) -> list[Running]:
        return list(dict.fromkeys(self._running.values()))

    @property
    def _steps_of_ended(self) -> int:
        return sum(steps * count for steps, count in self._ended_at.items())

    def _last_step(self, running: Running) -> float:
        """Return about how many steps a candidate will have at its end: those of the ended ones that took more."""
        further = {steps: count for steps, count in self._ended_at.items() if steps > running.steps}
        n_further = sum(further.values())
        if n_further:
            return sum(steps * count for steps, count in further.items()) / n_further
        return max(running.outlook.n_steps, running.steps + 1)


def _last_end(left: Sequence[float], waiting: float, each: float, workers: int) -> float:
    """Return when the last of all batches ends: those that wait take turns with the worker that is free first.

    Args:
        left: Seconds that each running batch takes yet.
        waiting: Batches; a part of one takes that part of the time.
        each: Seconds of a waiting batch.
        workers: How many run at once.
    """
    together = max(waiting - _ROUNDS * workers, 0.0)
    free = [*left, *[0.0] * (workers - len(left))]
    free = [seconds + together * each / len(free) for seconds in free]
    heapq.heapify(free)
    waiting -= together
    while waiting > 0:
        heapq.heapreplace(free, free[0] + each * min(waiting, 1.0))
        waiting -= 1
    return max(free)
