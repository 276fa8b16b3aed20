"""Optuna's private parts: its tables, into which a trial is written in one transaction.

Through Optuna's own functions a trial of 20 reports is some 30 transactions, and one that is killed between two of
them is half there. What is written here is what those functions write. Another version of the schema is refused by
``check_schema``, and the dependency is held at Optuna 5.0. Optuna's cache (``_CachedStorage``) keeps finished trials
only and reads all others again, so it never shows a trial as it was before. Beside these,
``recorded_storage`` overrides what that cache reads through; nothing else knows a private name of Optuna's.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import optuna
from optuna.distributions import distribution_to_json
from optuna.storages import BaseStorage
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, exists, func, insert, select, update

from trading_hpo.engine.store.payloads import TRIAL_RECORDS, put_trial_payload
from trading_hpo.engine.trial_record import COST, FIXED, OURS, REASON, RECORDS
from trading_hpo.errors import StorageError, StudyDeletedError

SCHEMA_VERSION = 12  # of Optuna 5.0

UNFINISHED = (TrialState.RUNNING, TrialState.WAITING)

STUDIES: Table = models.StudyModel.__table__
TRIALS: Table = models.TrialModel.__table__
PARAMETERS: Table = models.TrialParamModel.__table__
USER_ATTRS: Table = models.TrialUserAttributeModel.__table__
SYSTEM_ATTRS: Table = models.TrialSystemAttributeModel.__table__
REPORTS: Table = models.TrialIntermediateValueModel.__table__
VALUES: Table = models.TrialValueModel.__table__


@dataclass(frozen=True)
class Change:
    """What is written of a trial at once.

    Attributes:
        state: That it has from then on; none if it keeps its own.
        values: One per objective.
        user_attrs: New ones, or new values of old ones.
        system_attrs: As above.
        reports: By step; those of later steps, left by an earlier attempt, go.
        payload: Bytes by key, kept beside the trial.
        at: When it happened, which may be before it is written.
    """

    state: TrialState | None = None
    values: Sequence[float] | None = None
    user_attrs: Mapping[str, Any] = field(default_factory=dict)
    system_attrs: Mapping[str, Any] = field(default_factory=dict)
    reports: Mapping[int, float] = field(default_factory=dict)
    payload: Mapping[str, bytes] = field(default_factory=dict)
    at: datetime = field(default_factory=datetime.now)


@dataclass(frozen=True)
class Ended:
    """What is asked of a trial that has ended, without the rest of it.

    Attributes:
        number: In its study.
        state: Complete, pruned or failed.
        value: Of the first objective; of a trial that ended without one the last that it reported, if any.
        attrs: Those user attributes that were asked for and that it has.
    """

    number: int
    state: TrialState
    value: float | None
    attrs: Mapping[str, Any]


def check_schema() -> None:
    """Refuse an Optuna whose tables are not those that are written here.

    Raises:
        StorageError: It has another version of its schema.
    """
    if models.SCHEMA_VERSION != SCHEMA_VERSION:
        raise StorageError(
            f"Optuna's tables must be of schema version {SCHEMA_VERSION}, got {models.SCHEMA_VERSION} of Optuna "
            f"{optuna.__version__}. Install optuna==5.0.*."
        )


def id_of(trial: FrozenTrial) -> int:
    """Return the trial's key in the database; its number counts from 0 in every study."""
    return int(trial._trial_id)


def storage_of(study: optuna.Study) -> BaseStorage:
    """Return where a study is stored."""
    return study._storage


def engine_of(storage: BaseStorage) -> Engine:
    """Return the engine under a storage that ``StudyStorage`` has opened."""
    backend: Any = storage
    engine: Engine = backend._backend.engine  # what _CachedStorage is wrapped around
    return engine


def place_of(study: optuna.Study) -> tuple[Engine, int]:
    """Return the engine under a study's storage and the study's id there; both hold while the study is kept."""
    return engine_of(storage_of(study)), study._study_id


def write_change(engine: Engine, trial_id: int, change: Change) -> bool:
    """Write to a trial that has not ended, all or nothing; return whether it was still so.

    What was written before a lost acknowledgement may be written again: it stands there once.
    """
    with engine.begin() as connection:
        # First, since it locks the row: of two ends that come at once, one is refused.
        unfinished = update(TRIALS).where(TRIALS.c.trial_id == trial_id, TRIALS.c.state.in_(UNFINISHED))
        if connection.execute(unfinished.values(_of_the_trial(change))).rowcount == 0:
            return False
        _put_user_attrs(connection, trial_id, change.user_attrs)
        _replace_attrs(connection, SYSTEM_ATTRS, trial_id, change.system_attrs)
        _replace_reports(connection, trial_id, change.reports)
        _replace_values(connection, trial_id, change.values)
        put_trial_payload(connection, trial_id, change.payload)
    return True


def insert_once(
    engine: Engine,
    study_id: int,
    template: FrozenTrial,
    mark: str,
    after: int,
    also: Collection[int] = (),
    waiting: int | None = None,
) -> int | None:
    """Write a new trial unless there is one with its mark; return the id of the one, or none if they differ.

    A trial with the mark that another program has ended is none.

    Args:
        engine: Of the database.
        study_id: Whose trial.
        template: The trial.
        mark: Name of a user attribute that no two trials of a study share.
        after: Id that a trial with the mark, if there is one, is above; it keeps the look short.
        also: Ids of trials that may have been given the mark though they are not above.
        waiting: Id of one that is to become the trial, if no search has begun it.

    Raises:
        StudyDeletedError: There is no such study any more.
    """
    with engine.begin() as connection:
        lock_study(connection, study_id)
        marked = (USER_ATTRS.c.key == mark, USER_ATTRS.c.value_json == json.dumps(template.user_attrs[mark]))
        new = (TRIALS.c.trial_id > after) | TRIALS.c.trial_id.in_(list(also))
        ours = ~is_enqueued() & (TRIALS.c.state.in_(UNFINISHED) | was_ended_by_a_search())
        of_study = (TRIALS.c.study_id == study_id, new, ours)
        query = select(TRIALS.c.trial_id).join_from(TRIALS, USER_ATTRS).where(*of_study, *marked)
        there = connection.execute(query.order_by(TRIALS.c.trial_id).limit(1)).scalar()
        if there is None:
            return _insert_trial(connection, study_id, template, waiting)
        stored = select(PARAMETERS.c.param_name, PARAMETERS.c.param_value).where(PARAMETERS.c.trial_id == there)
        wanted = {row["param_name"]: row["param_value"] for row in _parameters(template)}
        return int(there) if dict(connection.execute(stored).tuples().all()) == wanted else None


def was_ended_by_a_search() -> ColumnElement[bool]:
    """As ``trial_record.ended_by_a_search``, of a trial with a slot."""
    noted = select(USER_ATTRS.c.trial_id).where(USER_ATTRS.c.key.in_((COST, REASON)))
    kept = select(TRIAL_RECORDS.c.trial_id).where(TRIAL_RECORDS.c.key == COST)
    return TRIALS.c.trial_id.in_(noted) | TRIALS.c.trial_id.in_(kept)


def is_enqueued() -> ColumnElement[bool]:
    """As ``trial_record.is_enqueued``."""
    fixed = exists().where(SYSTEM_ATTRS.c.trial_id == TRIALS.c.trial_id, SYSTEM_ATTRS.c.key == FIXED).correlate(TRIALS)
    begun = exists().where(PARAMETERS.c.trial_id == TRIALS.c.trial_id).correlate(TRIALS)
    return (TRIALS.c.state == TrialState.WAITING) & fixed & ~begun


def states_since(engine: Engine, study_id: int, after: int, also: Collection[int]) -> list[tuple[int, TrialState]]:
    """Return ids and states of a study's trials above an id, and of those that are named."""
    wanted = (TRIALS.c.trial_id > after) | TRIALS.c.trial_id.in_(list(also))
    query = select(TRIALS.c.trial_id, TRIALS.c.state).where(TRIALS.c.study_id == study_id, wanted)
    with engine.connect() as connection:
        return [(trial_id, state) for trial_id, state in connection.execute(query.order_by(TRIALS.c.trial_id))]


def ended_trials(engine: Engine, study_id: int, attrs: Collection[str], with_open: bool = False) -> list[Ended]:
    """Return a study's trials that have ended, by number, and those that have not if they are asked for, too.

    Through Optuna's storage they would stay in its cache, whole, until the process ends: 36 MB for 5,000 of them.
    """
    states_meant = list(TrialState) if with_open else [state for state in TrialState if state not in UNFINISHED]
    ended = (TRIALS.c.study_id == study_id, TRIALS.c.state.in_(states_meant))
    states = select(TRIALS.c.trial_id, TRIALS.c.number, TRIALS.c.state).where(*ended).order_by(TRIALS.c.number)
    values = select(VALUES.c.trial_id, VALUES.c.value, VALUES.c.value_type).join_from(VALUES, TRIALS)
    number_of = models.TrialValueModel.stored_repr_to_value
    unvalued = REPORTS.c.trial_id.not_in(select(VALUES.c.trial_id))
    reported = select(REPORTS.c.trial_id, REPORTS.c.intermediate_value).join_from(REPORTS, TRIALS)
    with engine.connect() as connection:
        trials = connection.execute(states).all()
        first = connection.execute(values.where(*ended, VALUES.c.objective == 0))
        worth = {trial_id: number_of(value, kind) for trial_id, value, kind in first}
        worth |= dict(connection.execute(reported.where(*ended, unvalued).order_by(REPORTS.c.step)).tuples().all())
        known: dict[int, dict[str, Any]] = {trial_id: {} for trial_id, *_ in trials}
        for table in (USER_ATTRS, TRIAL_RECORDS):
            of = TRIALS.c.trial_id == table.c.trial_id
            noted = select(table.c.trial_id, table.c.key, table.c.value_json).join(TRIALS, of)
            for trial_id, key, text in connection.execute(noted.where(*ended, table.c.key.in_(list(attrs)))):
                known.setdefault(trial_id, {})[key] = json.loads(text)
    return [Ended(number, state, worth.get(trial_id), known[trial_id]) for trial_id, number, state in trials]


def count_ended(engine: Engine, study_id: int) -> int:
    """Return how many trials of a study have ended."""
    ended = (TRIALS.c.study_id == study_id, TRIALS.c.state.not_in(UNFINISHED))
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(TRIALS).where(*ended)).scalar_one())


def study_names(storage: BaseStorage) -> list[str]:
    """Return the names of all studies; Optuna itself reads their attributes too, and fails at one that is damaged."""
    with engine_of(storage).connect() as connection:
        return list(connection.execute(select(STUDIES.c.study_name).order_by(STUDIES.c.study_id)).scalars())


def ids_by_number(storage: BaseStorage, study_id: int) -> dict[int, int]:
    """Return the ids of a study's trials by their numbers, without reading the trials."""
    query = select(TRIALS.c.number, TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)
    with engine_of(storage).connect() as connection:
        return dict(connection.execute(query.order_by(TRIALS.c.trial_id)).tuples().all())


def lock_study(connection: Connection, study_id: int) -> None:
    """Assign trial numbers one after another, and no later trial be seen before an earlier one.

    Raises:
        StudyDeletedError: There is no such study.
    """
    locked = select(STUDIES.c.study_id).where(STUDIES.c.study_id == study_id).with_for_update()
    if connection.execute(locked).scalar() is None:
        raise StudyDeletedError(f"of id {study_id}")


def _insert_trial(connection: Connection, study_id: int, template: FrozenTrial, waiting: int | None) -> int:
    started = template.datetime_start or datetime.now()
    begun = {"state": template.state, "datetime_start": _utc(started)}
    trial_id = None if waiting is None else _taken(connection, waiting, begun)
    trial_id = begin_trial(connection, study_id, begun) if trial_id is None else trial_id
    _insert(connection, PARAMETERS, [{"trial_id": trial_id, **row} for row in _parameters(template)])
    _put_user_attrs(connection, trial_id, template.user_attrs)
    _replace_attrs(connection, SYSTEM_ATTRS, trial_id, template.system_attrs)
    return trial_id


def begin_trial(connection: Connection, study_id: int, begun: Mapping[str, Any]) -> int:
    """Write a trial without anything but its number and what of its line is given; return its id."""
    key = connection.execute(insert(TRIALS).values({"study_id": study_id, **begun})).inserted_primary_key
    assert key is not None
    trial_id = int(key[0])
    number = _next_number(connection, study_id, trial_id)
    connection.execute(update(TRIALS).where(TRIALS.c.trial_id == trial_id).values(number=number))
    return trial_id


def _taken(connection: Connection, waiting: int, begun: Mapping[str, Any]) -> int | None:
    """Begin a trial that was enqueued; return its id, or none if another search has taken it.

    What it carries under our names is a copy of another trial's.
    """
    waits = (TRIALS.c.trial_id == waiting, is_enqueued())
    if not connection.execute(update(TRIALS).where(*waits).values(begun)).rowcount:
        return None
    copied = (USER_ATTRS.c.trial_id == waiting, USER_ATTRS.c.key.in_(list(OURS)))
    connection.execute(delete(USER_ATTRS).where(*copied))
    return waiting


def _next_number(connection: Connection, study_id: int, trial_id: int) -> int:
    """One more than the trial before; counting them all, as Optuna does, takes longer the more there are."""
    before = select(TRIALS.c.number).where(TRIALS.c.study_id == study_id, TRIALS.c.trial_id < trial_id)
    last = connection.execute(before.order_by(TRIALS.c.trial_id.desc()).limit(1)).scalar()
    return 0 if last is None else last + 1


def _of_the_trial(change: Change) -> dict[str, Any]:
    if change.state is None:
        return {"state": TRIALS.c.state}
    moment: dict[str, Any] = {}
    if change.state.is_finished():
        moment = {"datetime_complete": _utc(change.at)}
    elif change.state == TrialState.RUNNING:
        moment = {"datetime_start": _utc(change.at)}
    return {"state": change.state, **moment}


def _put_user_attrs(connection: Connection, trial_id: int, attrs: Mapping[str, Any]) -> None:
    """Write what is short where Optuna keeps it, and records beside it."""
    _replace_attrs(connection, USER_ATTRS, trial_id, {key: attrs[key] for key in attrs if key not in RECORDS})
    _replace_attrs(connection, TRIAL_RECORDS, trial_id, {key: attrs[key] for key in attrs if key in RECORDS})


def _replace_attrs(connection: Connection, table: Table, trial_id: int, attrs: Mapping[str, Any]) -> None:
    if attrs:
        connection.execute(delete(table).where(table.c.trial_id == trial_id, table.c.key.in_(list(attrs))))
        _insert(connection, table, _attrs(trial_id, attrs))


def _replace_reports(connection: Connection, trial_id: int, reports: Mapping[int, float]) -> None:
    if reports:
        stored = models.TrialIntermediateValueModel.intermediate_value_to_stored_repr
        later = delete(REPORTS).where(REPORTS.c.trial_id == trial_id, REPORTS.c.step >= min(reports))
        connection.execute(later)
        rows = [
            {"trial_id": trial_id, "step": step, "intermediate_value": number, "intermediate_value_type": kind}
            for step, (number, kind) in ((step, stored(value)) for step, value in reports.items())
        ]
        _insert(connection, REPORTS, rows)


def _replace_values(connection: Connection, trial_id: int, values: Sequence[float] | None) -> None:
    if values is not None:
        stored = map(models.TrialValueModel.value_to_stored_repr, values)
        connection.execute(delete(VALUES).where(VALUES.c.trial_id == trial_id))
        rows = [
            {"trial_id": trial_id, "objective": objective, "value": number, "value_type": kind}
            for objective, (number, kind) in enumerate(stored)
        ]
        _insert(connection, VALUES, rows)


def _parameters(template: FrozenTrial) -> list[dict[str, Any]]:
    return [
        {
            "param_name": name,
            "param_value": template.distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(template.distributions[name]),
        }
        for name, value in template.params.items()
    ]


def _attrs(trial_id: int, attrs: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in attrs.items()]


def _insert(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _utc(moment: datetime) -> datetime:
    """Optuna keeps moments as UTC without a zone and shows them in local time."""
    return moment.astimezone(UTC).replace(tzinfo=None)
