"""A project that was moved or copied: its store must not write to the folder where it was before."""

import sqlite3
from contextlib import closing
from pathlib import Path

from trading_hpo.escaping import file_name

_PLACES = (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"))


def relocate(store: Path, artifacts: Path) -> None:
    """Let a store's artefact URIs begin with the folder where they are now; MLflow keeps absolute ones.

    Args:
        store: SQLite file; nothing is done where it is not there yet.
        artifacts: Folder of its artefacts, one folder per experiment in it.
    """
    if not store.exists():
        return
    here = artifacts.as_uri()
    with closing(sqlite3.connect(store, timeout=60)) as connection, connection:
        known = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
        if "experiments" not in known:
            return
        for name, location in connection.execute("select name, artifact_location from experiments").fetchall():
            before = str(location or "").removesuffix(f"/{file_name(name)}")
            if not before.endswith(f"/{artifacts.name}") or before == here:
                continue
            for table, column in _PLACES:
                if table in known:
                    connection.execute(
                        f"update {table} set {column} = ? || substr({column}, ?) where {column} like ? || '/%'",
                        (here, len(before) + 1, before),
                    )
