"""Runs a study to its budget: hands slots to an executor, takes its events, outlives dead workers."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.candidate import Candidate, Report
from trading_hpo.engine.config import SearchPlan
from trading_hpo.engine.executor.executor import (
    Asked,
    Cancelled,
    CannotBegin,
    Event,
    Executor,
    Failed,
    Finished,
    Lost,
    OverLimit,
    Planned,
    Reported,
)
from trading_hpo.engine.proposer import Proposer
from trading_hpo.engine.slots import OpenSlot, Slots
from trading_hpo.engine.space import misfits
from trading_hpo.engine.stop_request import StopRequest
from trading_hpo.engine.store.claims import Claims, WholeStudy
from trading_hpo.engine.store.other_programs import Enqueued
from trading_hpo.engine.store.stored_study import StoredStudy, begun_slot
from trading_hpo.engine.tally import Observer, Tally
from trading_hpo.engine.trial_record import SLOT, STARTED_FROM, feasible_value
from trading_hpo.engine.workload import Workload
from trading_hpo.errors import TradingHpoError

logger = logging.getLogger(__name__)

MAX_LOSSES = 2  # a slot runs again so often after a worker died or hung on it
MAX_DEATHS = 9  # in a row, without a trial that ended in between
WRITE_WITHIN_S = 3.0  # part of STOP_WITHIN_S that is kept for the last writes
TICK_S = 0.5
LOOK_EVERY_S = 1.0  # at what other machines do, when they have all that is left
BEGIN_AGAIN_S = 10.0  # after a worker found no room beside those that train, unless one of them ends before


class WorkersDieError(TradingHpoError):
    """Workers die one after another, and no trial comes to an end in between."""


class Supervisor:
    """One study's search on this machine.

    Args:
        stored: The study in its storage.
        space: Of the candidates.
        plan: Budget, sampler, pruner.
        executor: Runs the candidates; closed when the search ends.
        observer: Shows how the search goes on.
        claims: Say which slots are ours, where several machines search the study.
        transferred: Complete trials of earlier studies that the sampler learns from.
        set_aside: Numbers of trials that are never the best; the sampler knows them all the same.
    """

    def __init__(
        self,
        stored: StoredStudy,
        space: Mapping[str, Any],
        plan: SearchPlan,
        executor: Executor,
        observer: Observer,
        claims: Claims | None = None,
        transferred: Sequence[FrozenTrial] = (),
        set_aside: Collection[int] = (),
    ) -> None:
        self._stored, self._plan, self._executor, self._observer = stored, plan, executor, observer
        self._claims = claims or WholeStudy()
        trials = stored.read()
        history = [trial for trial in trials if trial.state.is_finished()]
        started = {trial.user_attrs[STARTED_FROM] for trial in trials if STARTED_FROM in trial.user_attrs}
        self._space = space
        self._proposer = Proposer(plan, space, history, started, transferred)
        self._n_slots = self._proposer.n_slots
        self._slots = Slots(self._n_slots)
        for trial in history:
            self._slots.end(trial.user_attrs[SLOT])
        for trial in trials:
            if not trial.state.is_finished():
                self._slots.begun[trial.user_attrs[SLOT]] = begun_slot(trial)
        self._running: dict[int, OpenSlot] = {}
        self._look_again = 0.0  # for a slot to run, after there was none
        self._said_that_it_waits = False
        self._deadline = time.monotonic() + 60 * plan.timeout_minutes if plan.timeout_minutes else np.inf
        self._deaths_in_a_row, self._last_death = 0, ""
        self._cannot_begin: str | None = None  # why no worker can
        self._stop_request = StopRequest()
        self._tally = Tally.of(stored.study.study_name, plan.goals, self._n_slots, resumed=len(history))
        self._tally.ends_at = self._deadline
        self._work = self._tally.work = Workload(plan.max_epochs, executor.n_free, plan.candidates_per_batch)
        for trial in history:
            chosen = trial.number not in set_aside
            self._tally.count(trial.state.name, feasible_value(trial) if chosen else None)

    def run(self) -> bool:
        """Search until the budget is spent or the time is over, and return which.

        Raises:
            WorkersDieError: Several workers died in a row.
            KeyboardInterrupt: A stop was requested; running slots were put back for the next search.
        """
        with self._observer.watching(self._tally):
            with self._stop_request.signals_caught(), self._writing_behind():
                try:
                    while self._hand_out():
                        for event in self._executor.poll(TICK_S):
                            self._take(event)
                        self._check_deaths()
                        self._observer.refresh()
                finally:
                    self._stop()
            if self._stop_request.asked:
                raise KeyboardInterrupt
        return self._tally.finished >= self._n_slots

    @contextmanager
    def _writing_behind(self) -> Iterator[None]:
        """Let no trial wait for the storage; the search ends once all is written, or once the time to stop is over."""
        self._stored.writer.start()
        try:
            yield
        finally:
            self._stored.writer.finish(lambda: self._stop_request.may_wait)

    def _hand_out(self) -> bool:
        """Give every free worker a slot; say whether there is anything to wait for."""
        self._stored.writer.check()
        self._claims.keep()
        while self._executor.n_free > 0 and not self._over() and time.monotonic() >= self._look_again:
            batch = self._next_batch()
            if not batch:
                self._look_again = time.monotonic() + (LOOK_EVERY_S if self._claims.shared else 0)
                break
            self._running |= {open_slot.slot: open_slot for open_slot in batch}
            self._work.begin([open_slot.slot for open_slot in batch])
            self._executor.submit([Candidate(open_slot.slot, dict(open_slot.parameters)) for open_slot in batch])
        return not self._over() and (bool(self._running) or self._others_work())

    def _over(self) -> bool:
        return self._stop_request.asked or time.monotonic() >= self._deadline

    def _others_work(self) -> bool:
        """Wait for slots that others hold: the next stage needs the whole study. A dead machine's come to us."""
        if not self._claims.shared or (self._finished() >= self._n_slots and self._stored.writer.idle):
            return False
        if not self._said_that_it_waits and self._finished() < self._n_slots:
            self._observer.waits_for_others(self._n_slots - self._finished())
            self._said_that_it_waits = True
        return True

    def _finished(self) -> int:
        return self._tally.finished

    def _next_batch(self) -> list[OpenSlot]:
        """Take the free slots among those that are evaluated together, from the lowest on.

        A slot on which a worker was lost runs alone: should it be to blame, it takes no other with it again.
        """
        size, first = self._plan.candidates_per_batch, self._next()
        if first is None or first.lost:
            return [] if first is None else [first]
        rest = iter(lambda: self._next(beside=(first.slot // size + 1) * size), None)
        return [first, *rest]

    def _next(self, beside: int | None = None) -> OpenSlot | None:
        """Take the lowest slot of the budget that is free: as it was begun before, or a new one.

        Args:
            beside: End of a batch, to take one more of its slots.
        """
        self._learn_of_others()

        def take(slot: int) -> bool:
            begun = self._slots.begun.get(slot)
            alone = begun is not None and begun.lost > 0
            return not (alone and beside is not None) and self._claims.take(slot, begun is not None)

        while self._finished() + len(self._running) < self._n_slots:
            slot = self._slots.next(take, beside)
            if slot is None:
                return None
            self._learn_of_others()  # another search may have begun or ended it before it was ours
            if slot not in self._slots.ended:
                return self._begin(slot)
            self._claims.release(slot)
        return None

    def _begin(self, slot: int) -> OpenSlot:
        begun = self._slots.begun.pop(slot, None)
        if begun is None:
            waiting = self._enqueued()
            asked_for = None if waiting is None else waiting.parameters
            return self._stored.begin(slot, self._proposer.propose(slot, asked_for), waiting)
        self._proposer.propose(slot, fixed=begun.parameters)
        self._stored.take_up(begun)
        return begun

    def _enqueued(self) -> Enqueued | None:
        """Return the first trial that another program has enqueued; those that cannot be run are ended."""
        for waiting in self._stored.enqueued():
            reason = self._why_not_run(waiting)
            if reason is None:
                return waiting
            self._stored.refuse(waiting, reason)
            logger.warning("%s: trial %d is not run, %s", self._tally.name, waiting.number, reason)
        return None

    def _why_not_run(self, waiting: Enqueued) -> str | None:
        if self._plan.sampler.tries_all:  # in its slot, which has a combination of its own that would be left out
            return f"it was enqueued, and sampler {self._plan.sampler.name} tries every combination by itself"
        problems = misfits(self._space, waiting.parameters)
        return f"it was enqueued outside of the search space: {' '.join(problems)}" if problems else None

    def _learn_of_others(self) -> None:
        """Learn what other searches have begun and ended."""
        for trial in self._stored.news() if self._claims.shared else ():
            slot = trial.user_attrs[SLOT]
            if STARTED_FROM in trial.user_attrs:
                self._proposer.was_begun(trial.user_attrs[STARTED_FROM])
            if slot in self._slots.ended and self._stored.left_to_others(slot):
                self._slots.reopen(slot)  # we had ended it ourselves while the storage was away
                self._tally.finished -= 1
            if trial.state.is_finished():
                self._proposer.learn(trial)
                self._tally.count(trial.state.name, feasible_value(trial))
                self._slots.end(slot)
            else:
                self._slots.begun[slot] = begun_slot(trial)

    def _take(self, event: Event) -> None:
        if isinstance(event, Asked | Planned):
            self._work.note(event)
            return
        if isinstance(event, Lost):
            for slot in event.slots:
                self._lose(self._running.pop(slot), event)
            self._count_death(event)
            return
        if isinstance(event, CannotBegin):
            self._cannot_begin = event.reason
            return
        open_slot = self._running[event.slot]
        if isinstance(event, Reported):
            self._executor.answer(event.slot, prune=self._report(open_slot, event.report))
            return
        del self._running[event.slot]
        self._deaths_in_a_row, self._look_again = 0, 0.0
        if open_slot.slot in self._slots.ended or self._stored.left_to_others(open_slot.slot):
            self._leave(open_slot)
        elif isinstance(event, Failed):
            self._fail(open_slot, event.reason)
        elif isinstance(event, OverLimit):
            self._give_up(open_slot, event.reason, event.report)
        elif isinstance(event, Cancelled):
            self._put_back(open_slot)
        else:
            self._finish(open_slot, event)

    def _report(self, open_slot: OpenSlot, report: Report) -> bool:
        """Take a report and say whether the candidate is pruned."""
        self._work.step(open_slot.slot)
        if not np.isfinite(report.reported).all():
            return False
        self._stored.report(open_slot, report.step, report.reported)
        return self._proposer.should_prune(open_slot.slot, report.step, report.reported)

    def _finish(self, open_slot: OpenSlot, event: Finished) -> None:
        report = event.report
        named = zip(self._plan.goals, report.values, strict=True)
        lost = [
            f"{goal.metric} has no value: {report.no_value.get(goal.metric, f'it is not finite: {value}')}"
            for goal, value in named
            if not np.isfinite(value)
        ]
        if lost:
            self._fail(open_slot, ", ".join(lost), report.cost)
            return
        state = TrialState.PRUNED if event.pruned else TrialState.COMPLETE
        if state == TrialState.COMPLETE:
            self._report(open_slot, report)
        history = self._proposer.finish(open_slot.slot, state, report.values, report.violations)
        self._stored.finish(open_slot, state, report, history)
        self._end(open_slot)
        keeps_bounds = all(over <= 0 for over in report.violations.values())
        self._count(state, report.values[0] if state == TrialState.COMPLETE and keeps_bounds else None)

    def _give_up(self, open_slot: OpenSlot, reason: str, report: Report | None) -> None:
        """A trial over a limit is a pruned one: the sampler learns to keep away, and it does not count as a defect."""
        history = self._proposer.finish(open_slot.slot, TrialState.PRUNED)
        self._stored.give_up(open_slot, reason, report, history)
        self._end(open_slot)
        self._count(TrialState.PRUNED)

    def _fail(self, open_slot: OpenSlot, reason: str, cost: Mapping[str, float] | None = None) -> None:
        self._stored.fail(open_slot, reason, cost)
        self._proposer.finish(open_slot.slot, TrialState.FAIL)
        self._end(open_slot)
        self._tally.first_failure = self._tally.first_failure or reason
        self._count(TrialState.FAIL)

    def _put_back(self, open_slot: OpenSlot) -> None:
        self._stored.put_back(open_slot)
        self._leave(open_slot)

    def _leave(self, open_slot: OpenSlot) -> None:
        """Let go a slot that we do not end: another search has it, or the next one will."""
        self._proposer.forget(open_slot.slot)
        self._slots.leave(open_slot.slot)
        self._work.drop(open_slot.slot)
        self._release(open_slot)

    def _end(self, open_slot: OpenSlot) -> None:
        self._slots.end(open_slot.slot)
        self._work.end(open_slot.slot)
        self._release(open_slot)

    def _release(self, open_slot: OpenSlot) -> None:
        # Others may have the slot once they can read what became of it, not before.
        self._stored.writer.put(partial(self._claims.release, open_slot.slot))

    def _lose(self, open_slot: OpenSlot, event: Lost) -> None:
        """A worker died or hangs: its slot runs again with the same parameters, or is set aside."""
        self._work.drop(open_slot.slot)
        if event.had_begun:
            open_slot = self._stored.note_loss(open_slot)
        if self._stored.left_to_others(open_slot.slot):
            self._leave(open_slot)
        elif open_slot.lost > MAX_LOSSES:
            self._fail(open_slot, f"{open_slot.lost} workers were lost on it, the last {event.how}")
        else:
            self._stored.put_back(open_slot)  # until another worker has it: the search may end before
            self._proposer.forget(open_slot.slot)
            self._slots.leave(open_slot.slot, begun=open_slot)

    def _count_death(self, event: Lost) -> None:
        """Count a lost worker, unless it never began and others run: the search goes on with those."""
        if event.had_begun or not self._running:
            self._deaths_in_a_row += 1
            self._look_again = 0.0
        else:
            self._look_again = time.monotonic() + BEGIN_AGAIN_S
            if event.how != self._last_death:
                logger.warning("%s: a worker %s; the search goes on with the others", self._tally.name, event.how)
        self._last_death = event.how

    def _check_deaths(self) -> None:
        """Give up once too many workers have died, or none can begin.

        Asked after all events are taken, or finished trials were lost.
        """
        if self._cannot_begin is not None:
            raise WorkersDieError(f"No worker can begin: {self._cannot_begin}")
        if self._deaths_in_a_row > MAX_DEATHS:
            raise WorkersDieError(
                f"{self._deaths_in_a_row} workers were lost in a row, the last {self._last_death}. Look at the "
                "memory that trials take (hpo.workers, batch sizes, widths), then run again: nothing that was finished "
                "is lost."
            )

    def _stop(self) -> None:
        """End all candidates; slots that still run are put back for the next search."""
        if not self._stop_request.asked:
            self._stop_request.hurry()
        try:
            self._executor.cancel()
            while self._running and time.monotonic() < self._stop_request.deadline - WRITE_WITHIN_S:
                for event in self._executor.poll(TICK_S):
                    self._take_at_the_end(event)
        finally:
            self._executor.close()
            for open_slot in list(self._running.values()):
                self._put_back(open_slot)
            self._running.clear()

    def _take_at_the_end(self, event: Event) -> None:
        if isinstance(event, Lost):
            for slot in event.slots:
                self._put_back(self._running.pop(slot))
        elif not isinstance(event, Reported | CannotBegin):  # a late report is answered by the cancellation
            self._take(event)

    def _count(self, state: TrialState, value: float | None = None) -> None:
        before = self._tally.best
        self._tally.count(state.name, value)
        self._observer.trial_ended(is_best=self._tally.best != before)
