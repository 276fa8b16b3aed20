"""A person takes a trial out of every choice, or gives it back; the study remembers it."""

import optuna
from optuna.trial import TrialState

from trading_hpo.errors import StaleInputError, StorageError
from trading_hpo.escaping import one_line, shell_argument
from trading_hpo.study.own_trials import SET_ASIDE, own_trials, set_aside_in
from trading_hpo.study.reference import StudyRef


def set_aside(study: optuna.Study, number: int) -> None:
    """Take a complete trial out of every choice: it is not the best, not retrained, teaches no later study.

    Its search knows it all the same, so that it goes on as it would have; so does the trial ledger.

    Raises:
        StorageError: There is no such trial, or nothing that could choose it.
    """
    complete = [trial.number for trial in own_trials(study) if trial.state == TrialState.COMPLETE]
    if number not in complete:
        raise StorageError(
            f"NUMBER must be a complete trial of {one_line(study.study_name)}, got {number}. `kedro study trials "
            f"{shell_argument(study.study_name)}` lists them."
        )
    study.set_user_attr(SET_ASIDE, sorted({*set_aside_in(study), number}))


def take_back(study: optuna.Study, number: int) -> None:
    """Let a trial be chosen again.

    Raises:
        StorageError: It is not set aside.
    """
    out = set_aside_in(study)
    if number not in out:
        aside = ", ".join(map(str, out)) or "none"
        name = one_line(study.study_name)
        raise StorageError(f"NUMBER must be a trial that is set aside, got {number}. Of {name} these are: {aside}.")
    study.set_user_attr(SET_ASIDE, [other for other in out if other != number])


def check_not_set_aside(ref: StudyRef, number: int) -> None:
    """Refuse results that chose a trial which has been set aside since; a study that was removed says nothing.

    Raises:
        StaleInputError: With what to run.
    """
    path = ref.storage.sqlite_path
    removed = (path is not None and not path.exists()) or ref.if_there().skipped is not None
    if not removed and number in set_aside_in(ref.open()):
        raise StaleInputError(
            f"Trial {number} of {ref.study_name} was set aside after the results had chosen it. Run "
            "`kedro run --pipeline hpo`, which chooses anew."
        )
