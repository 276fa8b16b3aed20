"""A study as it was when it was read."""

import copy
from collections.abc import Container
from typing import Any, NoReturn

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.store.optuna_tables import storage_of


class StudySnapshot(optuna.Study):
    """A study whose trials and attributes are those of one moment: what is counted and drawn of it agrees.

    A search that goes on meanwhile adds trials between two readings. Nothing can be written by it: what is written
    would not be seen here. ``StudyRef.follow`` opens a study that can be.
    """

    def __init__(self, study: optuna.Study) -> None:
        super().__init__(study.study_name, storage_of(study))
        self._trials_then = study.get_trials(deepcopy=False)
        self._attrs_then = study.user_attrs

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the trials of then."""
        trials = [trial for trial in self._trials_then if states is None or trial.state in states]
        return copy.deepcopy(trials) if deepcopy else trials

    @property
    def user_attrs(self) -> dict[str, Any]:
        """The attributes of then; not a copy of them, not to be changed."""
        return self._attrs_then

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"{self.study_name} was opened to be read; StudyRef.follow() opens it to be written")

    # All that Optuna writes by a study goes through these.
    set_user_attr = add_trial = ask = tell = _refuse
