"""A study by reference: small enough for the catalog, opened by whoever reads it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.trial import TrialState

from trading_hpo.engine.store.optuna_tables import storage_of, study_names
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError
from trading_hpo.escaping import one_line
from trading_hpo.study.damage import readable
from trading_hpo.study.own_trials import SET_ASIDE, eligible_trials
from trading_hpo.study.place import Place
from trading_hpo.study.snapshot import StudySnapshot

NOT_SEARCHED = "not searched yet"
NOT_THERE = f"{NOT_SEARCHED}, or archived or deleted since"


@dataclass(frozen=True)
class StudyRef:
    """Where a model type's study is, or why there is none.

    Attributes:
        study_name: In the storage; empty for a model type that was never searched.
        storage: Of the study.
        skipped: Why there is no study to read; none where there is one.
        phases: Of a search in phases, whose studies have names of their own; what is read is the last that has found
            something.
        grown_from: The study of fewer data that this one is taught by.
        terms: Settings that have led to the study's conditions.
        accepted: Digest of the conditions that were checked before the first search of a run.
        place: Of the search among those of a run; known while that goes on, and not kept.
    """

    study_name: str
    storage: StudyStorage
    skipped: str | None = None
    phases: tuple[str, ...] = ()
    grown_from: tuple[str, ...] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)
    accepted: str = ""
    place: Place | None = field(default=None, compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all its studies, in the order in which they are searched."""
        base, _, model_type = self.study_name.rpartition(".")
        return tuple(f"{base}.{phase}.{model_type}" for phase in self.phases) or (self.study_name,)

    def each(self) -> list["StudyRef"]:
        """Return all its studies, begun or not, in order."""
        return [StudyRef(name, self.storage) for name in self.names]

    def begun(self) -> list["StudyRef"]:
        """Return its studies that are there, in order.

        Raises:
            StorageError: The storage cannot be read.
        """
        with self.storage.errors_in_words():
            storage = self.storage.open_if_there()
            there = [] if storage is None else study_names(storage)
        return [ref for ref in self.each() if ref.study_name in there]

    def latest(self) -> "StudyRef":
        """Return the study of the last phase in which there is a trial to choose; itself where there are no phases."""
        if not self.phases or self.skipped is not None:
            return self
        begun = self.begun()
        with self.storage.errors_in_words():
            storage = self.storage.open()
            for ref in reversed(begun):
                with readable(ref.study_name, storage):
                    study = optuna.load_study(study_name=ref.study_name, storage=storage)
                    if any(trial.state == TrialState.COMPLETE for trial in eligible_trials(study)):
                        return ref
        return begun[-1] if begun else self.each()[0]

    @property
    def model_type(self) -> str:
        """Whose study; the last part of its name."""
        return self.study_name.rpartition(".")[2]

    def open(self) -> optuna.Study:
        """Read the study, finished or running, as it is now (``StudySnapshot``).

        Raises:
            StorageError: There is no such study, or its trials cannot be read.
            DamagedStudyError: A trial or an attribute is not what was written.
        """
        study = self.follow()
        with self.storage.errors_in_words(), readable(study.study_name, storage_of(study)):
            return StudySnapshot(study)

    def follow(self) -> optuna.Study:
        """Open the study to read it again and again while it is searched.

        Raises:
            StorageError: There is no such study, or its trials cannot be read.
            DamagedStudyError: A trial or an attribute is not what was written.
        """
        if self.phases:
            return self.latest().follow()
        with self.storage.errors_in_words():
            storage = self.storage.open_if_there()
            if storage is None or self.study_name not in study_names(storage):
                raise StorageError(
                    f"Study {one_line(self.study_name)} is not in {self.storage.masked}. Run `kedro run --pipeline "
                    "hpo` first."
                )
            with readable(self.study_name, storage):
                study = optuna.load_study(study_name=self.study_name, storage=storage)
                study.get_trials(deepcopy=False)  # kept by the storage: a damaged file raises here, once
                dict(study.user_attrs)
        return study

    def if_there(self) -> "StudyRef":
        """Return the reference, as a skipped one if its study was not begun yet, or archived or deleted since."""
        if self.skipped is not None:
            return self
        if self.phases:
            return self.latest().if_there()
        storage = self.storage.open_if_there()
        if storage is None or self.study_name not in study_names(storage):
            return replace(self, skipped=NOT_THERE)
        return self

    def state(self) -> str:
        """Return a digest that changes when a trial begins, reports, ends or is set aside, and with another study.

        A value or a parameter that was altered afterwards changes it too: what is made of the study is then made
        again, and refused.

        Raises:
            StorageError: The storage cannot be read.
        """
        if self.skipped is not None:
            return self.skipped
        if self.phases:
            return " ".join(phase.state() for phase in self.begun())
        with self.storage.errors_in_words():
            storage = self.storage.open_if_there()
            if storage is None or self.study_name not in study_names(storage):
                return "absent"
            study_id = storage.get_study_id_from_name(self.study_name)
            with readable(self.study_name, storage):
                trials = storage.get_all_trials(study_id, deepcopy=False)
                set_aside = storage.get_study_user_attrs(study_id).get(SET_ASIDE, [])
        # When a trial ended distinguishes two studies of one name: the later one took another time.
        seen = [(trial.number, trial.state.name, trial.last_step, str(trial.datetime_complete)) for trial in trials]
        worth = [(trial.values, trial.params) for trial in trials if trial.state.is_finished()]
        return hashlib.sha256(json.dumps([self.study_name, seen, worth, set_aside]).encode()).hexdigest()

    def described(self) -> dict[str, Any]:
        """Return what people may read of it: no password."""
        note = {} if self.skipped is None else {"skipped": self.skipped}
        more = {name: list(part) for name in ("phases", "grown_from") if (part := getattr(self, name))}
        terms = {"terms": dict(self.terms)} if self.terms else {}
        accepted = {"accepted": self.accepted} if self.accepted else {}
        return {"study_name": self.study_name, "storage": self.storage.masked, **more, **note, **terms, **accepted}
