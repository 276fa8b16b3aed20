"""What is kept beside trials and studies, in tables of our own: bytes that the engine does not read, and records.

A record is an attribute of a trial that is too long for a person: Optuna's dashboard shows every user attribute whole.
They refer to Optuna's tables by name. A payload ends with its trial or study, whoever deletes that: on a server by a
foreign key, in a SQLite file by a trigger. SQLite checks foreign keys only where a connection asks for it, and gives
the id of a deleted trial to the next one, which must not inherit a payload.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeAlias

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)

AT_ONCE = 500  # few enough for the variables of one statement, anywhere
KeptRow: TypeAlias = tuple[int, str, bytes]  # number of the trial, key, data

_METADATA = MetaData()
# Of Optuna's tables, what is needed to refer to them.
_STUDIES = Table("studies", _METADATA, Column("study_id", Integer, primary_key=True))
_TRIALS = Table(
    "trials", _METADATA, Column("trial_id", Integer, primary_key=True), Column("number", Integer), Column("study_id")
)


def _beside(name: str, owners: Table, kept: Column[Any]) -> Table:
    (owner,) = owners.primary_key
    return Table(
        name,
        _METADATA,
        Column(owner.name, Integer, ForeignKey(owner, ondelete="CASCADE"), primary_key=True),
        Column("key", String(200), primary_key=True),
        kept,
    )


TRIAL_PAYLOADS = _beside("trial_payloads", _TRIALS, Column("data", LargeBinary, nullable=False))
STUDY_PAYLOADS = _beside("study_payloads", _STUDIES, Column("data", LargeBinary, nullable=False))
TRIAL_RECORDS = _beside("trial_records", _TRIALS, Column("value_json", Text, nullable=False))


def make_payload_tables(engine: Engine) -> None:
    """Make the tables where they are missing, as in a database of an earlier version."""
    owners_of = {TRIAL_PAYLOADS: _TRIALS, STUDY_PAYLOADS: _STUDIES, TRIAL_RECORDS: _TRIALS}
    ours = list(owners_of)
    if not {table.name for table in ours} <= set(inspect(engine).get_table_names()):
        _METADATA.create_all(engine, tables=ours)
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            for table, owners in owners_of.items():
                (owner,) = owners.primary_key
                connection.execute(
                    text(
                        f"CREATE TRIGGER IF NOT EXISTS {table.name}_end AFTER DELETE ON {owners.name} BEGIN "
                        f"DELETE FROM {table.name} WHERE {owner.name} = OLD.{owner.name}; END"
                    )
                )


def put_trial_payload(connection: Connection, trial_id: int, payload: Mapping[str, bytes]) -> None:
    """Write the payload of a trial that has none: it is written with the trial's end, and a trial ends once.

    Args:
        connection: In the transaction that ends the trial.
        trial_id: Its id.
        payload: Bytes by key.
    """
    if payload:
        rows = [{"trial_id": trial_id, "key": name, "data": data} for name, data in payload.items()]
        connection.execute(insert(TRIAL_PAYLOADS), rows)


def put_study_payload(engine: Engine, study_id: int, payload: Mapping[str, bytes]) -> None:
    """Write payloads of a study in place of those of the same keys, all or none."""
    if not payload:
        return
    rows = [{"study_id": study_id, "key": name, "data": data} for name, data in payload.items()]
    same = STUDY_PAYLOADS.c.study_id == study_id, STUDY_PAYLOADS.c.key.in_(list(payload))
    with engine.begin() as connection:
        connection.execute(delete(STUDY_PAYLOADS).where(*same))
        connection.execute(insert(STUDY_PAYLOADS), rows)


def study_payload(engine: Engine, study_id: int) -> dict[str, bytes]:
    """Return the payloads of a study by key."""
    kept = select(STUDY_PAYLOADS.c.key, STUDY_PAYLOADS.c.data).where(STUDY_PAYLOADS.c.study_id == study_id)
    with engine.connect() as connection:
        return dict(connection.execute(kept).tuples().all())


def trial_payloads(engine: Engine, study_id: int) -> Iterator[KeptRow]:
    """Yield the payloads of a study's trials by number and key, a few at a time: they may not fit into memory."""
    kept = (
        select(_TRIALS.c.number, TRIAL_PAYLOADS.c.key, TRIAL_PAYLOADS.c.data)
        .join_from(TRIAL_PAYLOADS, _TRIALS)
        .where(_TRIALS.c.study_id == study_id)
        .order_by(_TRIALS.c.number, TRIAL_PAYLOADS.c.key)
    )
    with engine.connect() as connection:
        yield from connection.execution_options(yield_per=100).execute(kept).tuples()


def trial_records(engine: Engine, study_id: int, of: Collection[int] | None = None) -> dict[int, dict[str, Any]]:
    """Return the records of a study's trials by the trials' ids.

    Args:
        engine: Of the study's database.
        study_id: There.
        of: Ids of the trials that are meant; all without it, and also where they are too many for one statement.
    """
    of_study = select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id)
    meant = of_study if of is None or len(of) > AT_ONCE else list(of)
    kept = select(TRIAL_RECORDS).where(TRIAL_RECORDS.c.trial_id.in_(meant))
    found: dict[int, dict[str, Any]] = {}
    with engine.connect() as connection:
        for trial_id, key, written in connection.execution_options(yield_per=1000).execute(kept):
            found.setdefault(trial_id, {})[key] = json.loads(written)
    return found


def trial_record(engine: Engine, trial_id: int) -> dict[str, Any]:
    """Return the records of one trial by key."""
    kept = select(TRIAL_RECORDS.c.key, TRIAL_RECORDS.c.value_json).where(TRIAL_RECORDS.c.trial_id == trial_id)
    with engine.connect() as connection:
        return {key: json.loads(written) for key, written in connection.execute(kept)}


def payload_sizes(engine: Engine, study_id: int) -> list[tuple[int, str, int]]:
    """Return what ``trial_payloads`` yields, with the length of the data in place of the data."""
    kept = (
        select(_TRIALS.c.number, TRIAL_PAYLOADS.c.key, func.length(TRIAL_PAYLOADS.c.data))
        .join_from(TRIAL_PAYLOADS, _TRIALS)
        .where(_TRIALS.c.study_id == study_id)
        .order_by(_TRIALS.c.number, TRIAL_PAYLOADS.c.key)
    )
    with engine.connect() as connection:
        return [(number, key, length) for number, key, length in connection.execute(kept)]


def drop_trial_payloads(engine: Engine, study_id: int, numbers: Collection[int]) -> None:
    """Remove the payloads of some of a study's trials; their records stay."""
    left = sorted(numbers)
    with engine.begin() as connection:
        for first in range(0, len(left), AT_ONCE):
            some = _TRIALS.c.number.in_(left[first : first + AT_ONCE])
            ids = select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id, some)
            connection.execute(delete(TRIAL_PAYLOADS).where(TRIAL_PAYLOADS.c.trial_id.in_(ids)))


def copy_payloads(source: Engine, from_study: int, target: Engine, to_study: int) -> None:
    """Write what is kept of a study and its trials to its copy, where trials have other ids and the same numbers."""
    put_study_payload(target, to_study, study_payload(source, from_study))
    numbers = {trial_id: number for number, trial_id in _ids(source, from_study).items()}
    records, ids = trial_records(source, from_study), _ids(target, to_study)
    with target.begin() as connection:
        for number, key, data in trial_payloads(source, from_study):
            put_trial_payload(connection, ids[number], {key: data})
        for trial_id, record in records.items():
            rows = [{"key": key, "value_json": json.dumps(value)} for key, value in record.items()]
            connection.execute(insert(TRIAL_RECORDS), [{"trial_id": ids[numbers[trial_id]], **row} for row in rows])


def _ids(engine: Engine, study_id: int) -> dict[int, int]:
    """Return the ids of a study's trials by number."""
    numbered = select(_TRIALS.c.number, _TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id)
    with engine.connect() as connection:
        return dict(connection.execute(numbered).tuples().all())
