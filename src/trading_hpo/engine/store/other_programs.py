"""What other programs do to a study while it is searched, by Optuna's own means: they enqueue trials and end ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from optuna.trial import TrialState
from sqlalchemy import Connection, Engine, Table, insert, literal, select

from trading_hpo.engine.store.optuna_tables import (
    PARAMETERS,
    REPORTS,
    SYSTEM_ATTRS,
    TRIALS,
    USER_ATTRS,
    begin_trial,
    is_enqueued,
    lock_study,
    was_ended_by_a_search,
)
from trading_hpo.engine.store.payloads import TRIAL_RECORDS
from trading_hpo.engine.trial_record import FIXED, SLOT
from trading_hpo.errors import StudyDeletedError

# What a trial is begun with, and what it has reported; the ids of their lines are their own.
_COPIED: dict[Table, tuple[str, ...]] = {
    PARAMETERS: ("param_name", "param_value", "distribution_json"),
    SYSTEM_ATTRS: ("key", "value_json"),
    TRIAL_RECORDS: ("key", "value_json"),
    REPORTS: ("step", "intermediate_value", "intermediate_value_type"),
}


@dataclass(frozen=True)
class Enqueued:
    """A trial that waits for a search to run it.

    Attributes:
        trial_id: Its key in the database.
        number: In the study.
        parameters: That it asks for; the search chooses the others.
    """

    trial_id: int
    number: int
    parameters: Mapping[str, Any]


def enqueued_trials(engine: Engine, study_id: int) -> list[Enqueued]:
    """Return the trials that other programs have enqueued and no search has begun, in their order."""
    fixed = (SYSTEM_ATTRS.c.trial_id == TRIALS.c.trial_id) & (SYSTEM_ATTRS.c.key == FIXED)
    waiting = (
        select(TRIALS.c.trial_id, TRIALS.c.number, SYSTEM_ATTRS.c.value_json)
        .join(SYSTEM_ATTRS, fixed)
        .where(TRIALS.c.study_id == study_id, is_enqueued())
    )
    with engine.connect() as connection:
        found = connection.execute(waiting.order_by(TRIALS.c.trial_id)).all()
    return [Enqueued(trial_id, number, json.loads(written)) for trial_id, number, written in found]


def begin_again(engine: Engine, study_id: int, trial_id: int, slot: int) -> int | None:
    """Return a trial in place of one that has ended while we ran it, with the same parameters and reports.

    Returns:
        Its id: a copy, where another program has ended the trial; none where another search has, whose end counts.

    Raises:
        StudyDeletedError: The study, or the trial with it, was deleted.
    """
    marked = (USER_ATTRS.c.key == SLOT) & (USER_ATTRS.c.value_json == json.dumps(slot))
    of_slot = select(TRIALS.c.trial_id).join(USER_ATTRS, USER_ATTRS.c.trial_id == TRIALS.c.trial_id)
    later = of_slot.where(TRIALS.c.study_id == study_id, TRIALS.c.trial_id > trial_id, marked)
    with engine.begin() as connection:
        lock_study(connection, study_id)
        ours = select(TRIALS.c.datetime_start).where(TRIALS.c.trial_id == trial_id, TRIALS.c.study_id == study_id)
        row = connection.execute(ours).first()
        if row is None:  # a study of the same id was made since
            raise StudyDeletedError(f"of id {study_id}")
        if connection.execute(ours.where(was_ended_by_a_search())).first() is not None:
            return None
        there = connection.execute(later.order_by(TRIALS.c.trial_id).limit(1)).scalar()
        return int(there) if there is not None else _copy(connection, study_id, trial_id, row[0], slot)


def _copy(connection: Connection, study_id: int, trial_id: int, started: Any, slot: int) -> int:
    copy = begin_trial(connection, study_id, {"state": TrialState.RUNNING, "datetime_start": started})
    for table, columns in _COPIED.items():
        lines = select(literal(copy), *(table.c[name] for name in columns)).where(table.c.trial_id == trial_id)
        connection.execute(insert(table).from_select(["trial_id", *columns], lines))
    connection.execute(insert(USER_ATTRS).values(trial_id=copy, key=SLOT, value_json=json.dumps(slot)))
    return copy
