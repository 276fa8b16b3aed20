"""A study by reference: small enough for the catalog, opened by whoever reads it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import TrialState

from trading_hpo.errors import StorageError
from trading_hpo.search.storage import StudyStorage

NOT_SEARCHED = "not searched yet"


@dataclass(frozen=True)
class StudyRef:
    """Where a model type's study is, or why there is none.

    Attributes:
        study_name: In the storage; empty for a model type that was never searched.
        storage: Of the study.
        skipped: Why there is no study to read; none where there is one.
    """

    study_name: str
    storage: StudyStorage
    skipped: str | None = None

    @property
    def model_type(self) -> str:
        """Whose study; the last part of its name."""
        return self.study_name.rpartition(".")[2]

    def open(self) -> optuna.Study:
        """Open the study, finished or running, to read it.

        Raises:
            StorageError: There is no such study.
        """
        try:
            return optuna.load_study(study_name=self.study_name, storage=self.storage.open())
        except KeyError as error:
            raise StorageError(
                f"Study {self.study_name} is not in {self.storage.masked}. Run `kedro run --pipeline hpo` first."
            ) from error

    def state(self) -> str:
        """Return a digest that changes when a trial begins, reports or ends."""
        if self.skipped is not None:
            return self.skipped
        storage = self.storage.open()
        try:
            study_id = storage.get_study_id_from_name(self.study_name)
        except KeyError:
            return "absent"
        counts = {state.name: storage.get_n_trials(study_id, state) for state in TrialState}
        running = storage.get_all_trials(study_id, deepcopy=False, states=(TrialState.RUNNING,))
        reports = [(trial.number, trial.last_step) for trial in running]
        return hashlib.sha256(json.dumps([self.study_name, counts, reports]).encode()).hexdigest()

    def described(self) -> dict[str, Any]:
        """Return what people may read of it: no password."""
        note = {} if self.skipped is None else {"skipped": self.skipped}
        return {"study_name": self.study_name, "storage": self.storage.masked, **note}
