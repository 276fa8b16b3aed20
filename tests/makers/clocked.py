"""Stand-in trials of known length, run by workers on a clock of their own."""

import heapq
from dataclasses import dataclass, field

from trading_hpo.engine.candidate import Outlook
from trading_hpo.engine.workload import Workload


class Clock:
    """Seconds that a test sets itself."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@dataclass(frozen=True)
class Trial:
    """Seconds of each of its steps, and what it takes at most."""

    steps: tuple[float, ...]
    outlook: Outlook | None = None
    asked: tuple[int, ...] = ()  # in each step, if that is counted
    prepared_s: float = 0.0


@dataclass
class Clocked:
    """Trials, handed out in their order, as a supervisor would note them in a workload."""

    trials: list[Trial]
    workers: int = 1
    max_steps: int = 10
    looks_every_s: float = 0.5
    clock: Clock = field(default_factory=Clock)

    def signs(self):
        """All that happens, by moment: what is noted of which trial, and the end of the last one."""
        events, free = [], [0.0] * self.workers
        for slot, trial in enumerate(self.trials):
            began = heapq.heappop(free)
            events.append((began, 0, slot, "begin", [slot]))
            if trial.outlook is not None:
                events.append((began, 1, slot, "plan", trial.outlook))
            now, asked = began + trial.prepared_s, 0
            for seconds, times in zip(trial.steps, trial.asked or (0,) * len(trial.steps), strict=True):
                looks = int(seconds / self.looks_every_s) if times else 0
                for look in range(1, looks):
                    part = look / looks
                    events.append((now + part * seconds, 2, slot, "ask", asked + int(part * times)))
                now, asked = now + seconds, asked + times
                if times:
                    events.append((now, 2, slot, "ask", asked))
                events.append((now, 3, slot, "step", None))
            events.append((now, 4, slot, "end", None))
            heapq.heappush(free, now)
        return sorted(events, key=lambda event: event[:3]), max(free)

    def estimates(self, *moments):
        """The estimate of what is left at each share of the true time, and what truly was left."""
        events, whole = self.signs()
        work, n_ended = Workload(self.max_steps, self.workers, clock=self.clock), 0
        began, waiting = self.clock.now, list(events)
        for moment in moments:
            while waiting and waiting[0][0] <= moment * whole:
                at, _, slot, what, given = waiting.pop(0)
                self.clock.now = began + at
                n_ended += what == "end"
                note = getattr(work, what)
                note(given) if what == "begin" else note(slot, *([] if given is None else [given]))
            self.clock.now = began + moment * whole
            yield work.seconds_left(len(self.trials) - n_ended), (1 - moment) * whole

    def ratio(self, moment=0.25):
        """How many times as long as the truth the estimate is."""
        [(estimate, truth)] = self.estimates(moment)
        return estimate / truth
