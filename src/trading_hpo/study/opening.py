"""A study is made once, with the conditions under which its values mean something, or found to be the same."""

import platform
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage

from trading_hpo import __version__
from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.store.optuna_tables import study_names
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StudyMismatchError
from trading_hpo.escaping import one_line
from trading_hpo.study.conditions import check_same
from trading_hpo.study.damage import readable
from trading_hpo.study.fingerprint import FINGERPRINT, conditions_of
from trading_hpo.study.objectives import ObjectiveConfig
from trading_hpo.study.ranking import WEIGHTS
from trading_hpo.study.transfer import Transfer, keep


def check_study(
    where: StudyStorage, name: str, conditions: Mapping[str, Any], transfer: Callable[[], Transfer] | None = None
) -> Mapping[str, Any]:
    """Refuse what ``open_study`` would refuse, and make nothing.

    Args:
        where: As of ``open_study``.
        name: As of ``open_study``.
        conditions: As of ``open_study``.
        transfer: As of ``open_study``.

    Returns:
        The attributes of the study; none of one that is not made yet.

    Raises:
        StorageError: The storage cannot be reached.
        DamagedStudyError: A trial or an attribute of the study is not what was written.
        StudyMismatchError: The study exists and was made under other conditions.
    """
    storage = where.open_if_there()
    names = set() if storage is None else set(study_names(storage))
    if transfer is not None and (storage is None or not _was_made(storage, name, names)):
        transfer()
    if storage is None or name not in names:
        return {}
    study = optuna.load_study(study_name=name, storage=storage)
    _check_ours(where, study, storage, conditions)
    return dict(study.user_attrs)


def open_study(
    where: StudyStorage,
    name: str,
    objectives: Sequence[ObjectiveConfig],
    conditions: Mapping[str, Any],
    transfer: Callable[[], Transfer] | None = None,
) -> tuple[optuna.Study, BaseStorage]:
    """Open the study, or make it; under ``StudyStorage.creating``, where others may do so at the same time.

    Args:
        where: Its storage.
        name: In the storage.
        objectives: What it improves.
        conditions: What decides its values, as plain data.
        transfer: Asked for what it takes over from earlier studies, should it be made.

    Returns:
        The study, and its storage, opened.

    Raises:
        StorageError: The storage cannot be reached.
        DamagedStudyError: A trial or an attribute of the study is not what was written.
        StudyMismatchError: The study exists and was made under other conditions.
    """
    storage = where.open()
    names = set(study_names(storage))
    # Asked before anything is made: it may refuse.
    taken_over = transfer() if transfer is not None and not _was_made(storage, name, names) else None
    directions = [objective.direction for objective in objectives]
    study = optuna.create_study(storage=storage, study_name=name, directions=directions, load_if_exists=True)
    if not _check_ours(where, study, storage, conditions):
        with accepted_as_experimental():
            study.set_metric_names([objective.metric for objective in objectives])
        # Names can be used again after a study was deleted; what is known of the old one is not of the new one.
        study.set_user_attr("study_id", uuid.uuid4().hex)
        study.set_user_attr("made_by", {"trading_hpo": __version__, "machine": platform.platform()})
        if taken_over is not None:
            keep(storage, study, taken_over)
        # Last, so that a study killed before this line is begun afresh, not compared with nothing.
        study.set_user_attr(FINGERPRINT, dict(conditions))
    weights = [objective.weight for objective in objectives]
    if study.user_attrs.get(WEIGHTS) != weights:  # may change: they decide what is chosen, no value
        study.set_user_attr(WEIGHTS, weights)
    return study, storage


def _check_ours(where: StudyStorage, study: optuna.Study, storage: BaseStorage, conditions: Mapping[str, Any]) -> bool:
    """Refuse a study of other conditions or of another program; say whether ours was made to its end."""
    with readable(study.study_name, storage):
        trials = study.get_trials(deepcopy=False)
        made_under = conditions_of(study)
    if made_under:
        check_same(study.study_name, made_under, conditions)
    elif trials:
        raise StudyMismatchError(
            f"Study {one_line(study.study_name)} in {where.masked} was not made by this project. Give hpo.study_name "
            "another name."
        )
    return bool(made_under)


def _was_made(storage: BaseStorage, name: str, names: Collection[str]) -> bool:
    return name in names and FINGERPRINT in storage.get_study_user_attrs(storage.get_study_id_from_name(name))
