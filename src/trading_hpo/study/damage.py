"""The error of a study that does not hold what was written to it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from optuna.storages import BaseStorage

from trading_hpo.engine.store.optuna_tables import ids_by_number
from trading_hpo.errors import DamagedStudyError
from trading_hpo.escaping import one_line, shell_argument

# What Optuna raises where its tables hold what it did not write: JSON, states, choices, distributions.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
SHOWN = 5


@contextmanager
def readable(study_name: str, storage: BaseStorage) -> Iterator[None]:
    """Say which trial of a study cannot be read, if one cannot.

    Raises:
        DamagedStudyError: The trial, or an attribute of the study, is not what Optuna writes.
    """
    try:
        yield
    except UNREADABLE as error:
        number = _unreadable(storage, storage.get_study_id_from_name(study_name))
        where = "an attribute of the study" if number is None else f"trial {number}"
        raise damaged(study_name, [f"{where} cannot be read: {error}"]) from error


def damaged(study_name: str, problems: Sequence[str]) -> DamagedStudyError:
    """Return the error of a damaged study, with the two ways out."""
    more = f"\n    and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
    lines = "".join(f"\n    {one_line(problem)}" for problem in problems[:SHOWN])
    return DamagedStudyError(
        f"Study {one_line(study_name)} must hold what was written to it, got:{lines}{more}\nRestore its database from "
        f"a copy, or run `kedro study delete {shell_argument(study_name)}` and search again."
    )


def _unreadable(storage: BaseStorage, study_id: int) -> int | None:
    for number, trial_id in ids_by_number(storage, study_id).items():
        try:
            storage.get_trial(trial_id)
        except UNREADABLE:
            return number
    return None
