"""Which trials of a study are its search's own, and which of them may be chosen.

Whatever else is in the study was added, ended or copied by another program (``study.add_trial``, ``study.optimize``,
``study.tell``, the dashboard): it was not measured on the study's folds, so it is shown and guides no choice.
"""

from collections.abc import Container
from copy import copy

import optuna
from optuna.trial import FrozenTrial, TrialState

from trading_hpo.engine.trial_record import of_slots
from trading_hpo.study.fingerprint import conditions_of

SET_ASIDE = "set_aside"  # attribute of a study: numbers of trials that a person has taken out of every choice


def own_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that its search has begun and, if they have ended, ended; of another program's study all."""
    trials = study.get_trials(deepcopy=False)
    return of_slots(trials) if conditions_of(study) else trials


def foreign_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that another program has added, ended or copied."""
    own = {trial.number for trial in own_trials(study)}
    return [trial for trial in study.get_trials(deepcopy=False) if trial.number not in own]


def set_aside_in(study: optuna.Study) -> tuple[int, ...]:
    """Return the numbers of the trials that a person has set aside."""
    return tuple(study.user_attrs.get(SET_ASIDE, ()))


def eligible_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the own trials that are not set aside; not copies, not to be changed."""
    out = set(set_aside_in(study))
    return [trial for trial in own_trials(study) if trial.number not in out]


class EligibleStudy(optuna.Study):
    """A study as analyses and figures see it: those of its trials that are not eligible have failed.

    They keep their places, for Optuna's history figure takes a trial's number for its place.

    Args:
        study: The whole.
    """

    def __init__(self, study: optuna.Study) -> None:
        super().__init__(study.study_name, study._storage)
        self._numbers = {trial.number for trial in eligible_trials(study)}

    @property
    def best_trial(self) -> FrozenTrial:
        """Return the trial that is chosen; Optuna would ask the storage, which has those that are not eligible, too.

        Raises:
            ValueError: As Optuna's, where none is complete.
        """
        from trading_hpo.study.ranking import best_trial  # it asks here which trials are eligible

        best = best_trial(self)
        if best is None:
            raise ValueError("No trials are completed yet.")
        return best

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return all trials, those of some states only where these are given."""
        trials = [trial if trial.number in self._numbers else _failed(trial) for trial in super().get_trials(deepcopy)]
        return [trial for trial in trials if states is None or trial.state in states]


def _failed(trial: FrozenTrial) -> FrozenTrial:
    failed = copy(trial)
    failed.state, failed.values = TrialState.FAIL, None
    return failed


def why_left_out(study: optuna.Study) -> dict[int, str]:
    """Return the trials that guide no choice, by number, each with the reason in a word or two."""
    foreign = {trial.number: "foreign" for trial in foreign_trials(study)}
    return {**dict.fromkeys(set_aside_in(study), "set aside"), **foreign}
