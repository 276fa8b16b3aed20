"""The study in its storage: what is written there is acknowledged and survives everything.

A slot is one place in the budget and one trial of the study, for good: a trial whose search was killed or
interrupted is taken up again under the same number with the same parameters.
"""

import math
import platform
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from trading_hpo import __version__
from trading_hpo.errors import StudyMismatchError
from trading_hpo.search.experimental import accepted_as_experimental
from trading_hpo.search.fingerprint import check_same
from trading_hpo.search.proposer import Proposal
from trading_hpo.search.rows import Change, engine_of, insert_trial, write_change
from trading_hpo.search.storage import StudyStorage
from trading_hpo.search.study import SLOT
from trading_hpo.search.trial import TrialOutcome

REASON, LOST, START = "reason", "lost", "started_from"
FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@dataclass(frozen=True)
class OpenSlot:
    """A slot that was begun: its trial in the storage and its parameters."""

    slot: int
    trial_id: int
    parameters: Mapping[str, Any]
    lost: int


class Ledger:
    """One study's slots in its storage.

    Args:
        study: In its storage.
        storage: The same storage, opened.
    """

    def __init__(self, study: optuna.Study, storage: BaseStorage) -> None:
        self.study = study
        self._engine = engine_of(storage)
        self._study_id = storage.get_study_id_from_name(study.study_name)

    @staticmethod
    def open(
        where: StudyStorage,
        name: str,
        direction: Literal["maximize", "minimize"],
        metric: str,
        fingerprint: Mapping[str, Any],
    ) -> "Ledger":
        """Open the study, or make it.

        Raises:
            StorageError: The storage cannot be reached.
            StudyMismatchError: The study exists and was made under other conditions.
        """
        storage = where.open()
        names = {summary.study_name for summary in storage.get_all_studies()}
        study = optuna.create_study(storage=storage, study_name=name, direction=direction, load_if_exists=True)
        if name in names and "fingerprint" not in study.user_attrs and study.get_trials(deepcopy=False):
            raise StudyMismatchError(
                f"Study {name} in {where.masked} was not made by this project. Give hpo.study_name another name."
            )
        if "fingerprint" in study.user_attrs:
            check_same(name, study.user_attrs["fingerprint"], fingerprint)
        else:
            with accepted_as_experimental():
                study.set_metric_names([metric])
            # Names can be used again after a study was deleted; what was told of the old one is not of the new one.
            study.set_user_attr("study_id", uuid.uuid4().hex)
            study.set_user_attr("made_by", {"trading_hpo": __version__, "machine": platform.platform()})
            # Last, so that a study killed before this line is begun afresh, not compared with nothing.
            study.set_user_attr("fingerprint", dict(fingerprint))
        return Ledger(study, storage)

    def trials(self, states: Sequence[TrialState]) -> list[FrozenTrial]:
        """Return the trials in ``states``; not copies, not to be changed."""
        return self.study.get_trials(deepcopy=False, states=tuple(states))

    def begun_from(self) -> set[str]:
        """Return the entries of ``hpo.start_from`` that have a slot, finished or not."""
        trials = self.study.get_trials(deepcopy=False)
        return {trial.user_attrs[START] for trial in trials if START in trial.user_attrs}

    def begun(self) -> list[OpenSlot]:
        """Return the slots that an earlier search left unfinished, in order."""
        left = self.trials((TrialState.RUNNING, TrialState.WAITING))
        slots = [
            OpenSlot(trial.user_attrs[SLOT], trial._trial_id, trial.params, trial.user_attrs.get(LOST, 0))
            for trial in left
            if SLOT in trial.user_attrs
        ]
        return sorted(slots, key=lambda open_slot: open_slot.slot)

    def begin(self, slot: int, proposal: Proposal) -> OpenSlot:
        """Write a new slot, its parameters with it, in one transaction."""
        template = FrozenTrial(
            number=-1,
            trial_id=-1,
            state=TrialState.RUNNING,
            value=None,
            datetime_start=datetime.now(),
            datetime_complete=None,
            params=proposal.parameters,
            distributions=proposal.distributions,
            user_attrs={SLOT: slot, **({} if proposal.started_from is None else {START: proposal.started_from})},
            system_attrs=proposal.system_attrs,
            intermediate_values={},
        )
        return OpenSlot(slot, insert_trial(self._engine, self._study_id, template), proposal.parameters, 0)

    def take_up(self, open_slot: OpenSlot) -> None:
        """Mark an unfinished slot as running again; its time begins anew, as its training does."""
        self._write(open_slot, Change(TrialState.RUNNING))

    def report(self, open_slot: OpenSlot, epoch: int, value: float) -> None:
        """Write a value on the way."""
        self._write(open_slot, Change(reports={epoch: value}))

    def finish(self, open_slot: OpenSlot, state: TrialState, outcome: TrialOutcome) -> None:
        """Write what a trial left and its end; after this line it is acknowledged."""
        # A pruned trial has the value it had reached, as Optuna itself does it.
        self._write(open_slot, Change(state, [outcome.value], _left_by(outcome)))

    def give_up(self, open_slot: OpenSlot, reason: str, outcome: TrialOutcome | None) -> None:
        """End a slot that went over a limit; what it had reached until then, if anything, is kept."""
        left = {} if outcome is None else _left_by(outcome)
        values = [outcome.value] if outcome is not None and math.isfinite(outcome.value) else None
        self._write(open_slot, Change(TrialState.PRUNED, values, {**left, REASON: reason}))

    def fail(self, open_slot: OpenSlot, reason: str, cost: Mapping[str, float] | None = None) -> None:
        """End a slot without a value; what it cost, where it is known, is counted all the same."""
        left = {} if cost is None else {"cost": dict(cost)}
        self._write(open_slot, Change(TrialState.FAIL, user_attrs={**left, REASON: reason}))

    def note_loss(self, open_slot: OpenSlot) -> OpenSlot:
        """Count a worker that died on the slot."""
        lost = replace(open_slot, lost=open_slot.lost + 1)
        self._write(lost, Change(user_attrs={LOST: lost.lost}))
        return lost

    def put_back(self, open_slot: OpenSlot) -> None:
        """Leave an interrupted slot to the next search."""
        self._write(open_slot, Change(TrialState.WAITING))

    def _write(self, open_slot: OpenSlot, change: Change) -> None:
        write_change(self._engine, open_slot.trial_id, change)


def _left_by(outcome: TrialOutcome) -> dict[str, Any]:
    return {"metrics": outcome.metrics, "spread": outcome.spread, "folds": outcome.folds, "cost": outcome.cost}
