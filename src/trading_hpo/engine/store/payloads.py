"""Bytes kept beside trials and studies, in two tables of our own; what they mean, the engine does not know.

They refer to Optuna's tables by name. A payload ends with its trial or study, whoever deletes that: on a server by a
foreign key, in a SQLite file by a trigger. SQLite checks foreign keys only where a connection asks for it, and gives
the id of a deleted trial to the next one, which must not inherit a payload.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

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
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)

KeptRow: TypeAlias = tuple[int, str, bytes]  # number of the trial, key, data

_METADATA = MetaData()
# Of Optuna's tables, what is needed to refer to them.
_STUDIES = Table("studies", _METADATA, Column("study_id", Integer, primary_key=True))
_TRIALS = Table(
    "trials", _METADATA, Column("trial_id", Integer, primary_key=True), Column("number", Integer), Column("study_id")
)


def _beside(name: str, owners: Table) -> Table:
    (owner,) = owners.primary_key
    return Table(
        name,
        _METADATA,
        Column(owner.name, Integer, ForeignKey(owner, ondelete="CASCADE"), primary_key=True),
        Column("key", String(200), primary_key=True),
        Column("data", LargeBinary, nullable=False),
    )


TRIAL_PAYLOADS = _beside("trial_payloads", _TRIALS)
STUDY_PAYLOADS = _beside("study_payloads", _STUDIES)


def make_payload_tables(engine: Engine) -> None:
    """Make the tables where they are missing, as in a database of an earlier version."""
    ours = [TRIAL_PAYLOADS, STUDY_PAYLOADS]
    if not {table.name for table in ours} <= set(inspect(engine).get_table_names()):
        _METADATA.create_all(engine, tables=ours)
    if engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            for table, owners in ((TRIAL_PAYLOADS, _TRIALS), (STUDY_PAYLOADS, _STUDIES)):
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
    """Remove the payloads of some of a study's trials."""
    left = sorted(numbers)
    with engine.begin() as connection:
        for first in range(0, len(left), 500):  # few enough for the variables of one statement, anywhere
            some = _TRIALS.c.number.in_(left[first : first + 500])
            ids = select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id, some)
            connection.execute(delete(TRIAL_PAYLOADS).where(TRIAL_PAYLOADS.c.trial_id.in_(ids)))


def copy_payloads(source: Engine, from_study: int, target: Engine, to_study: int) -> None:
    """Write the payloads of a study and of its trials to its copy, where trials have other ids and the same numbers."""
    put_study_payload(target, to_study, study_payload(source, from_study))
    with target.begin() as connection:
        numbered = select(_TRIALS.c.number, _TRIALS.c.trial_id).where(_TRIALS.c.study_id == to_study)
        ids = dict(connection.execute(numbered).tuples().all())
        for number, key, data in trial_payloads(source, from_study):
            put_trial_payload(connection, ids[number], {key: data})
