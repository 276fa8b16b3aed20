"""Runs a study to its budget: hands slots to workers, takes their results, outlives their deaths."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.errors import TradingHpoError
from trading_hpo.notifications import Announcer
from trading_hpo.search.config import HpoConfig
from trading_hpo.search.ledger import START, Ledger, begun_slot
from trading_hpo.search.progress import Progress, Tally, progress_console
from trading_hpo.search.proposer import Proposer
from trading_hpo.search.ranking import violation
from trading_hpo.search.slots import OpenSlot, Slots
from trading_hpo.search.stopping import StopRequest
from trading_hpo.search.store.claims import Claims, WholeStudy
from trading_hpo.search.study import SLOT
from trading_hpo.search.trial import TrialOutcome, TrialTask
from trading_hpo.search.workers.heartbeat import AwakeClock
from trading_hpo.search.workers.pool import Worker, default_workers, start_worker

if TYPE_CHECKING:
    from trading_hpo.search.workers.worker import MakeRunner

MAX_LOSSES = 2  # a slot runs again so often after a worker died or hung on it
MAX_DEATHS = 9  # in a row, without a trial that came to an end in between
WRITE_WITHIN_S = 3.0  # of those that a stop has, kept for what is not written yet
TICK_S = 0.5
LOOK_EVERY_S = 1.0  # at what other machines do, when they have all that is left


class WorkersDieError(TradingHpoError):
    """Workers die one after another, and no trial comes to an end in between."""


class Supervisor:
    """One study's search on this machine.

    Args:
        ledger: The study in its storage.
        space: Of the model type.
        hpo: Budget, sampler, pruner.
        task: What every trial shares.
        panel_path: The file that workers map.
        claims: Say which slots are ours, where several machines search the study.
        make: Makes what trains trials in a worker; none for the real thing.
    """

    def __init__(
        self,
        ledger: Ledger,
        space: Mapping[str, Any],
        hpo: HpoConfig,
        task: TrialTask,
        panel_path: Path,
        claims: Claims | None = None,
        make: "MakeRunner | None" = None,
    ) -> None:
        self._ledger, self._hpo, self._task, self._panel_path, self._make = ledger, hpo, task, panel_path, make
        self._claims = claims or WholeStudy()
        trials = ledger.read()
        history = [trial for trial in trials if trial.state.is_finished()]
        started = {trial.user_attrs[START] for trial in trials if START in trial.user_attrs}
        self._proposer = Proposer(hpo, space, history, task.training.epochs, started, ledger.recall())
        self._n_slots = self._proposer.n_slots
        self._slots = Slots(self._n_slots)
        ours = [trial for trial in history if SLOT in trial.user_attrs]
        for trial in ours:
            self._slots.end(trial.user_attrs[SLOT])
        for trial in trials:
            if SLOT in trial.user_attrs and not trial.state.is_finished():
                self._slots.begun[trial.user_attrs[SLOT]] = begun_slot(trial)
        self._look_again = 0.0  # for a slot to run, after there was none
        self._told_of_waiting = False
        self._deadline = time.monotonic() + 60 * hpo.timeout_minutes if hpo.timeout_minutes else np.inf
        self._deaths_in_a_row = 0
        self._stop_request = StopRequest()
        self._busy: dict[Worker, OpenSlot] = {}
        self._idle: list[Worker] = []
        self._hung: list[Worker] = []
        self._clock = AwakeClock()
        self._progress = Progress(
            Tally.of(ledger.study.study_name, hpo.objectives, self._n_slots, resumed=len(ours)), progress_console()
        )
        for trial in ours:
            self._progress.tally.count(trial.state.name, _worth(trial))
        self._announcer = Announcer.of(hpo.notifications)

    def run(self) -> bool:
        """Search until the budget is spent or the time is over, and return which.

        Raises:
            WorkersDieError: Several workers died in a row.
            KeyboardInterrupt: Somebody asked to stop; running slots were put back for the next search.
        """
        tally = self._progress.tally
        if tally.finished < self._n_slots:
            self._announcer.tell(f"started: {tally.line()}")
        try:
            with self._progress.shown(), self._stop_request.heard(), self._writing_behind():
                try:
                    while self._hand_out():
                        self._listen()
                finally:
                    self._stop()
            if self._stop_request.asked:
                raise KeyboardInterrupt
        except BaseException as error:
            self._announcer.tell(f"stopped by {type(error).__name__}: {tally.line()}")
            raise
        else:
            if tally.finished > tally.resumed:
                self._announcer.tell(f"ended: {tally.line()}")
            return tally.finished >= self._n_slots
        finally:
            self._announcer.close()

    @contextmanager
    def _writing_behind(self) -> Iterator[None]:
        """Let no trial wait for the storage; the search has ended once all is written, or once somebody has to go."""
        self._ledger.writer.start()
        try:
            yield
        finally:
            self._ledger.writer.finish(lambda: self._stop_request.may_wait)

    def _hand_out(self) -> bool:
        """Give every free worker a slot; say whether there is anything to wait for."""
        self._ledger.writer.check()
        self._claims.keep()
        while len(self._busy) < self._wanted_workers() and not self._over() and time.monotonic() >= self._look_again:
            open_slot = self._next()
            if open_slot is None:
                self._look_again = time.monotonic() + (LOOK_EVERY_S if self._claims.shared else 0)
                break
            worker = self._idle.pop() if self._idle else start_worker(self._task, self._panel_path, self._make)
            self._busy[worker] = open_slot
            worker.silence.broken(self._clock.now())
            self._send(worker, (open_slot.slot, dict(open_slot.parameters)))
        return not self._over() and (bool(self._busy) or self._others_work())

    def _over(self) -> bool:
        return self._stop_request.asked or time.monotonic() >= self._deadline

    def _others_work(self) -> bool:
        """Wait for slots that others hold: the next stage needs the whole study. A dead machine's come to us."""
        if not self._claims.shared or (self._finished() >= self._n_slots and self._ledger.writer.idle):
            return False
        if not self._told_of_waiting and self._finished() < self._n_slots:
            left = self._n_slots - self._finished()
            self._progress.say(f"Waiting for {left} trials that other machines train; Ctrl-C ends the wait.")
            self._told_of_waiting = True
        return True

    def _finished(self) -> int:
        return self._progress.tally.finished

    def _wanted_workers(self) -> int:
        return default_workers() if self._hpo.workers == "auto" else self._hpo.workers

    def _next(self) -> OpenSlot | None:
        """Take the lowest slot of the budget that is free: as it was begun before, or a new one."""
        self._hear_of_others()
        while self._finished() + len(self._busy) < self._n_slots:
            slot = self._slots.next(lambda slot: self._claims.take(slot, slot in self._slots.begun))
            if slot is None:
                return None
            self._hear_of_others()  # another search may have begun or ended it before it was ours
            if slot not in self._slots.ended:
                return self._begin(slot)
            self._claims.release(slot)
        return None

    def _begin(self, slot: int) -> OpenSlot:
        begun = self._slots.begun.pop(slot, None)
        if begun is None:
            return self._ledger.begin(slot, self._proposer.propose(slot))
        self._proposer.propose(slot, fixed=begun.parameters)
        self._ledger.take_up(begun)
        return begun

    def _hear_of_others(self) -> None:
        """Learn what other searches have begun and ended."""
        for trial in self._ledger.news() if self._claims.shared else ():
            slot = trial.user_attrs.get(SLOT)
            if START in trial.user_attrs:
                self._proposer.was_begun(trial.user_attrs[START])
            if slot is None:
                continue
            if slot in self._slots.ended and self._ledger.left_to_others(slot):
                self._slots.reopen(slot)  # we had ended it ourselves while nobody could be asked
                self._progress.tally.finished -= 1
            if trial.state.is_finished():
                self._proposer.learn(trial)
                self._progress.tally.count(trial.state.name, _worth(trial))
                self._slots.end(slot)
            else:
                self._slots.begun[slot] = begun_slot(trial)

    def _listen(self) -> None:
        """Take what the workers say; a pipe that ends is a worker that died, one that is silent long one that hangs."""
        ready = connection.wait([worker.pipe for worker in [*self._busy, *self._hung]], timeout=TICK_S)
        for worker in [worker for worker in self._busy if worker.pipe in ready]:
            try:
                kind, content = worker.pipe.recv()
            except (EOFError, ConnectionError):
                self._bury(worker)
            else:
                worker.silence.broken(self._clock.now())
                self._take(worker, kind, content)
        for worker in [worker for worker in self._hung if worker.pipe in ready]:
            self._hear_late(worker)
        self._set_silent_ones_aside()
        self._progress.refresh()

    def _take(self, worker: Worker, kind: str, content: Any) -> None:
        open_slot = self._busy[worker]
        if kind == "ready":
            worker.ready = True
            return
        if kind == "report":
            self._send(worker, "prune" if self._report(open_slot, content) else "go")
            return
        del self._busy[worker]
        self._idle.append(worker)
        self._deaths_in_a_row = 0
        if open_slot.slot in self._slots.ended or self._ledger.left_to_others(open_slot.slot):
            self._leave(open_slot)
        elif kind == "failed":
            self._fail(open_slot, content)
        elif kind == "over_limit":
            self._give_up(open_slot, *content)
        elif kind == "interrupted":
            self._put_back(open_slot)
        else:
            self._finish(open_slot, kind, content)

    def _report(self, open_slot: OpenSlot, outcome: TrialOutcome) -> bool:
        if not np.isfinite(outcome.reported).all():
            return False
        self._ledger.report(open_slot, outcome.step, outcome.reported)
        return self._proposer.should_prune(open_slot.slot, outcome.step, outcome.reported)

    def _finish(self, open_slot: OpenSlot, kind: str, outcome: TrialOutcome) -> None:
        named = zip(self._hpo.objectives, outcome.values, strict=True)
        lost = [f"{objective.metric} is not finite: {value}" for objective, value in named if not np.isfinite(value)]
        if lost:
            self._fail(open_slot, ", ".join(lost), outcome.cost)
            return
        state = TrialState.COMPLETE if kind == "done" else TrialState.PRUNED
        if state == TrialState.COMPLETE:
            self._report(open_slot, outcome)
        violations = {bound.name: bound.violation(outcome.of(bound.metric)) for bound in self._hpo.constraints}
        values = outcome.values if state == TrialState.COMPLETE else None
        history = self._proposer.finish(open_slot.slot, state, values, violations)
        self._ledger.finish(open_slot, state, outcome, history)
        self._end(open_slot)
        keeps_bounds = all(over <= 0 for over in violations.values())
        self._count_and_tell(state, outcome.values[0] if state == TrialState.COMPLETE and keeps_bounds else None)

    def _give_up(self, open_slot: OpenSlot, reason: str, outcome: TrialOutcome | None) -> None:
        """A trial over a limit is a pruned one: the sampler learns to keep away, and nobody takes it for a defect."""
        history = self._proposer.finish(open_slot.slot, TrialState.PRUNED)
        self._ledger.give_up(open_slot, reason, outcome, history)
        self._end(open_slot)
        self._count_and_tell(TrialState.PRUNED, None)

    def _fail(self, open_slot: OpenSlot, reason: str, cost: Mapping[str, float] | None = None) -> None:
        self._ledger.fail(open_slot, reason, cost)
        self._proposer.finish(open_slot.slot, TrialState.FAIL)
        self._end(open_slot)
        self._count_and_tell(TrialState.FAIL, None)
        self._progress.tally.first_failure = self._progress.tally.first_failure or reason

    def _put_back(self, open_slot: OpenSlot) -> None:
        self._ledger.put_back(open_slot)
        self._leave(open_slot)

    def _leave(self, open_slot: OpenSlot) -> None:
        """Let go a slot that we do not end: another search has it, or the next one will."""
        self._proposer.forget(open_slot.slot)
        self._slots.leave(open_slot.slot)
        self._release(open_slot)

    def _end(self, open_slot: OpenSlot) -> None:
        self._slots.end(open_slot.slot)
        self._release(open_slot)

    def _release(self, open_slot: OpenSlot) -> None:
        # Others may have the slot once they can read what became of it, not before.
        self._ledger.writer.put(partial(self._claims.release, open_slot.slot))

    def _bury(self, worker: Worker) -> None:
        open_slot = self._busy.pop(worker)
        how = worker.how_it_died()
        worker.kill()
        self._lose(worker, open_slot, how)

    def _set_silent_ones_aside(self) -> None:
        """Take back the slots of workers that have made no batch for long; the processes may wake up yet."""
        now, minutes = self._clock.now(), self._hpo.limits.worker_silence_minutes
        for worker in [worker for worker in self._busy if worker.silence.lasts(now) > 60 * minutes]:
            open_slot = self._busy.pop(worker)
            self._hung.append(worker)
            self._send(worker, "stop")  # read when it wakes up, before its next batch
            self._lose(worker, open_slot, f"silent for {minutes:g} minutes")

    def _hear_late(self, worker: Worker) -> None:
        """Use a worker again that was taken for hung; its slot is no longer its own, so its result is refused."""
        try:
            kind, _ = worker.pipe.recv()
        except (EOFError, ConnectionError):
            self._hung.remove(worker)
            worker.kill()
        else:
            worker.ready = True
            if kind not in {"report", "ready"}:
                self._hung.remove(worker)
                self._idle.append(worker)

    def _lose(self, worker: Worker, open_slot: OpenSlot, how: str) -> None:
        """A worker died or hangs: its slot runs again with the same parameters, or is set aside."""
        if worker.ready:  # one that never came up says nothing about the slot
            open_slot = self._ledger.note_loss(open_slot)
        self._deaths_in_a_row += 1
        self._look_again = 0.0
        if self._ledger.left_to_others(open_slot.slot):
            self._leave(open_slot)
        elif open_slot.lost > MAX_LOSSES:
            self._fail(open_slot, f"{open_slot.lost} workers were lost on it, the last {how}")
        else:
            self._proposer.forget(open_slot.slot)
            self._slots.leave(open_slot.slot, begun=open_slot)
        if self._deaths_in_a_row > MAX_DEATHS:
            raise WorkersDieError(
                f"{self._deaths_in_a_row} workers were lost in a row, the last {how}. Look at the memory that trials "
                "take (hpo.workers, batch sizes, widths), then run again: nothing that was finished is lost."
            )

    def _send(self, worker: Worker, message: object) -> None:
        # A dead worker cannot be told; the next look at its pipe finds the end and buries it.
        with suppress(OSError):
            worker.pipe.send(message)

    def _stop(self) -> None:
        """End all workers; slots that still run are put back for the next search."""
        if not self._stop_request.asked:
            self._stop_request.hurry()
        try:
            for worker in self._busy:
                self._send(worker, "stop")
            while self._busy and time.monotonic() < self._stop_request.gone_by - WRITE_WITHIN_S:
                self._listen_for_the_end()
        finally:
            for worker, open_slot in list(self._busy.items()):
                worker.kill()
                self._put_back(open_slot)
            self._busy.clear()
            for worker in [*self._idle, *self._hung]:
                worker.kill()
            self._idle.clear()
            self._hung.clear()

    def _listen_for_the_end(self) -> None:
        for worker in [
            w for w in self._busy if w.pipe in connection.wait([b.pipe for b in self._busy], timeout=TICK_S)
        ]:
            try:
                kind, content = worker.pipe.recv()
            except (EOFError, ConnectionError):
                self._put_back(self._busy.pop(worker))
                worker.kill()
            else:
                # A report still on its way is answered by the "stop" that follows it.
                if kind not in {"report", "ready"}:
                    self._take(worker, kind, content)

    def _count_and_tell(self, state: TrialState, value: float | None) -> None:
        tally, every = self._progress.tally, self._hpo.notifications.every_n_trials
        before = tally.best
        tally.count(state.name, value)
        if tally.best != before:
            self._announcer.tell(f"better: {tally.line()}")
        elif every is not None and tally.finished % every == 0:
            self._announcer.tell(tally.line())


def _worth(trial: FrozenTrial) -> float | None:
    """What counts for the best so far: the first objective of a complete trial that keeps the constraints."""
    return trial.values[0] if trial.state == TrialState.COMPLETE and violation(trial) == 0 else None
