"""Which trials of a study are its search's own, and which of them may be chosen.

Whatever else is in the study was added, ended or copied by another program (``study.add_trial``, ``study.optimize``,
``study.tell``, the dashboard): it was not measured on the study's folds, so it is shown and guides no choice.
"""

import optuna
from optuna.trial import FrozenTrial

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


def why_left_out(study: optuna.Study) -> dict[int, str]:
    """Return the trials that guide no choice, by number, each with the reason in a word or two."""
    foreign = {trial.number: "foreign" for trial in foreign_trials(study)}
    return {**dict.fromkeys(set_aside_in(study), "set aside"), **foreign}
