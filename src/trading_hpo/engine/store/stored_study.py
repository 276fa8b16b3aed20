"""A study's trials in their storage: what is written here is acknowledged and survives everything.

A slot is one place in the budget and one trial of the study, for good: a trial whose search was killed or
interrupted is taken up again under the same number with the same parameters.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.proposer import History, Proposal
from trading_hpo.engine.slots import OpenSlot
from trading_hpo.engine.store.optuna_tables import Change, engine_of, id_of, insert_once, states_since, write_change
from trading_hpo.engine.store.other_programs import Enqueued, begin_again, enqueued_trials
from trading_hpo.engine.store.outage import Absence, will_pass
from trading_hpo.engine.store.reports import Reports
from trading_hpo.engine.store.writer import Writer
from trading_hpo.engine.trial_record import (
    COST,
    LOST,
    NO_VALUE,
    REASON,
    REPORTED,
    SLOT,
    STARTED_FROM,
    VIOLATIONS,
    of_slots,
)
from trading_hpo.errors import StudyDeletedError


class StoredStudy:
    """One study's slots in its storage.

    Args:
        study: In its storage.
        storage: The same storage, opened.
        writer: Makes the writes.
        shared: Whether other searches may write to the study meanwhile.
    """

    def __init__(
        self, study: optuna.Study, storage: BaseStorage, writer: Writer | None = None, shared: bool = False
    ) -> None:
        self.study, self._storage, self._shared = study, storage, shared
        self.writer = writer or Writer()
        self._engine = engine_of(storage)
        self._study_id = storage.get_study_id_from_name(study.study_name)
        self._ids: dict[int, int | None] = {}  # trials by slot; none for a slot that another search begun otherwise
        self._own: set[int] = set()
        self._begun: dict[int, int] = {}  # trials by slot that were begun by others, earlier or elsewhere
        self._known_to = -1  # the id up to which all trials are known
        self._reports: dict[int, Reports] = {}
        self._enqueued: set[int] = set()  # ids of trials that waited without a slot, when they were last seen
        self._handed_out: set[int] = set()  # those of them that we have taken; it may not be written yet
        self._absence = Absence()

    def read(self) -> list[FrozenTrial]:
        """Return the trials that take a slot, not copies, not to be changed; what others write later is ``news``.

        What other programs have added or ended is none of the search: whether it is there when the search begins, or
        only when it is resumed, would change what is tried.
        """
        trials = self.study.get_trials(deepcopy=False)
        ours = of_slots(trials)
        self._begun = {trial.user_attrs[SLOT]: id_of(trial) for trial in ours if not trial.state.is_finished()}
        self._known_to = max((id_of(trial) for trial in trials), default=-1)
        return ours

    def enqueued(self) -> list[Enqueued]:
        """Return what other programs have enqueued and no search has begun; while storage is away, nothing."""
        if self._absence.is_likely:
            return []
        began = time.monotonic()
        try:
            found = enqueued_trials(self._engine, self._study_id)
        except Exception as error:
            if not will_pass(error):
                raise
            self._absence.note(began)
            return []
        self._enqueued |= {one.trial_id for one in found}
        return [one for one in found if one.trial_id not in self._handed_out]

    def news(self) -> list[FrozenTrial]:
        """Return trials that other searches have begun or ended since the last time; while storage is away, none."""
        if self._absence.is_likely:
            return []
        known, began = set(self._begun.values()), time.monotonic()
        try:
            found = states_since(self._engine, self._study_id, self._known_to, known | self._enqueued)
            theirs = [(key, state) for key, state in found if key not in self._own]
            trials = [self._storage.get_trial(key) for key, state in theirs if state.is_finished() or key not in known]
        except Exception as error:
            if not will_pass(error):
                raise
            self._absence.note(began)
            return []
        # One of our own may have been found in the moment before the writer had recorded its id.
        trials = [trial for trial in trials if id_of(trial) not in self._own]
        self._known_to = max([self._known_to, *(key for key, _ in found)])
        self._begun |= {trial.user_attrs[SLOT]: id_of(trial) for trial in of_slots(trials)}
        ended = {id_of(trial) for trial in trials if trial.state.is_finished()}
        self._begun = {slot: key for slot, key in self._begun.items() if key not in ended and key not in self._own}
        self._enqueued -= ended | set(self._begun.values())
        return of_slots(trials)

    def left_to_others(self, slot: int) -> bool:
        """Say whether another search had begun a slot that we began, with other parameters and before us."""
        return slot in self._ids and self._ids[slot] is None

    def begin(self, slot: int, proposal: Proposal, waiting: Enqueued | None = None) -> OpenSlot:
        """Write a new slot, its parameters with it, in one transaction.

        Args:
            slot: In the budget.
            proposal: What it is to try.
            waiting: The trial that was enqueued for it; should another search have taken that, the slot has a new one.
        """
        template = FrozenTrial(
            number=-1,
            trial_id=-1,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=datetime.now(),
            datetime_complete=None,
            params=proposal.parameters,
            distributions=proposal.distributions,
            user_attrs={SLOT: slot, **({} if proposal.started_from is None else {STARTED_FROM: proposal.started_from})},
            system_attrs=proposal.system_attrs,
            intermediate_values={},
        )
        self._reports[slot] = Reports()
        chosen = None if waiting is None else waiting.trial_id
        self._handed_out |= set() if chosen is None else {chosen}
        self._put(slot, partial(self._insert, slot, template, self._known_to, frozenset(self._enqueued), chosen))
        return OpenSlot(slot, proposal.parameters, 0)

    def refuse(self, waiting: Enqueued, reason: str) -> None:
        """End a trial that was enqueued and cannot be run; it takes no slot."""
        self._handed_out.add(waiting.trial_id)
        change = Change(TrialState.FAIL, user_attrs={REASON: reason})

        def end() -> None:
            write_change(self._engine, waiting.trial_id, change)  # unless somebody has ended it meanwhile

        self.writer.put(end)

    def take_up(self, open_slot: OpenSlot) -> None:
        """Mark an unfinished slot as running again; its time begins anew, as its training does."""
        self._reports[open_slot.slot] = Reports()
        if open_slot.slot in self._begun:
            self._ids[open_slot.slot] = self._begun[open_slot.slot]
            self._own.add(self._begun[open_slot.slot])
        self._write(open_slot, Change(TrialState.RUNNING))

    def report(self, open_slot: OpenSlot, epoch: int, values: Sequence[float]) -> None:
        """Take the values on the way; they are written now, with later ones, or with the trial's end.

        Of several the first is written, for the dashboard; the trial's end brings all.
        """
        reports = self._reports[open_slot.slot]
        reports.waiting[epoch] = values[0]
        if due := reports.due():
            self._write(open_slot, Change(reports=due))

    def finish(self, open_slot: OpenSlot, state: TrialState, report: Report, history: History) -> None:
        """Write what a trial left and its end, in one transaction; once that is made it is acknowledged."""
        # A pruned trial has the value it had reached, as Optuna itself does it.
        change = Change(state, report.values, _end_of(report, history), payload=report.payload)
        if history.violations:  # where Optuna's samplers and its dashboard look
            change = replace(change, system_attrs={"constraints": [*history.violations.values()]})
        self._end(open_slot, change)

    def give_up(self, open_slot: OpenSlot, reason: str, report: Report | None, history: History) -> None:
        """End a slot that went over a limit; what it had reached until then, if anything, is kept."""
        left = _kept_of(history) if report is None else _end_of(report, history)
        values = report.values if report is not None and all(map(math.isfinite, report.values)) else None
        payload = {} if report is None or values is None else report.payload
        self._end(open_slot, Change(TrialState.PRUNED, values, {**left, REASON: reason}, payload=payload))

    def fail(self, open_slot: OpenSlot, reason: str, cost: Mapping[str, float] | None = None) -> None:
        """End a slot without a value; what it cost, where it is known, is counted all the same."""
        left = {} if cost is None else {COST: dict(cost)}
        self._end(open_slot, Change(TrialState.FAIL, user_attrs={**left, REASON: reason}))

    def note_loss(self, open_slot: OpenSlot) -> OpenSlot:
        """Count a worker that died on the slot."""
        lost = replace(open_slot, lost=open_slot.lost + 1)
        self._write(lost, Change(user_attrs={LOST: lost.lost}))
        return lost

    def put_back(self, open_slot: OpenSlot) -> None:
        """Leave an interrupted slot to the next search."""
        self._write(open_slot, Change(TrialState.WAITING))

    def _end(self, open_slot: OpenSlot, change: Change) -> None:
        reports = self._reports.pop(open_slot.slot, Reports())
        self._write(open_slot, replace(change, reports=reports.rest()))

    def _write(self, open_slot: OpenSlot, change: Change) -> None:
        self._put(open_slot.slot, partial(self._change, open_slot.slot, change))

    def _put(self, slot: int, write: Callable[[], None]) -> None:
        """Hand a write over, and let what it takes count for the slot's attempt."""
        reports = self._reports.get(slot, Reports())

        def timed() -> None:
            began = time.monotonic()
            with self._named_if_deleted():
                write()  # where the storage is away this raises, and the time that it was away does not count
            reports.written(time.monotonic() - began)

        self.writer.put(timed)

    @contextmanager
    def _named_if_deleted(self) -> Iterator[None]:
        try:
            yield
        except StudyDeletedError:
            raise StudyDeletedError(self.study.study_name) from None

    def _insert(self, slot: int, template: FrozenTrial, after: int, also: Collection[int], waiting: int | None) -> None:
        self._ids[slot] = trial_id = insert_once(self._engine, self._study_id, template, SLOT, after, also, waiting)
        if trial_id is not None:
            self._is_ours(trial_id)

    def _change(self, slot: int, change: Change) -> None:
        trial_id = self._ids[slot]
        if trial_id is None or write_change(self._engine, trial_id, change):
            return
        again = begin_again(self._engine, self._study_id, trial_id, slot)
        if again is not None:  # what was tried is written to the end, whatever another program has said of it
            self._ids[slot] = again
            self._is_ours(again)
            write_change(self._engine, again, change)

    def _is_ours(self, trial_id: int) -> None:
        self._own.add(trial_id)
        if not self._shared:  # no other search's trial can have a lower id
            self._known_to = max(self._known_to, trial_id)


def begun_slot(trial: FrozenTrial) -> OpenSlot:
    """Return the slot of a trial that has not ended."""
    return OpenSlot(trial.user_attrs[SLOT], trial.params, trial.user_attrs.get(LOST, 0))


def _end_of(report: Report, history: History) -> dict[str, Any]:
    why = {NO_VALUE: dict(report.no_value)} if report.no_value else {}
    return {**report.record, **why, COST: dict(report.cost), **_kept_of(history)}


def _kept_of(history: History) -> dict[str, Any]:
    reported = {} if history.reported is None else {REPORTED: history.reported}
    return {**reported, **({VIOLATIONS: dict(history.violations)} if history.violations else {})}
