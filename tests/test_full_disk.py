"""A disk that is full is named by the file that did not fit; what was there stays, and no draft does.

A limit on the size of files stands for it: the system refuses what goes beyond, as a full disk does.
"""

import json
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tests.makers.panels import planted_panel
from tests.makers.projects import FINISHED_PARAMETERS

from trading_hpo.append_only import opened
from trading_hpo.datasets.results import write_json
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError
from trading_hpo.families.model_file import write_model
from trading_hpo.market.panel import save_panel

LIMIT = 4096


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def append(path: Path) -> None:
    with opened(path) as entries:
        entries.append({"long": "x" * 2 * LIMIT})


WRITERS: dict[str, Callable[[Path], None]] = {
    "results.json": lambda path: write_json({"long": "x" * 2 * LIMIT}, path),
    "panel.safetensors": lambda path: save_panel(planted_panel(), path),
    "network.safetensors": lambda path: write_model(path.parent, {"a": np.zeros(LIMIT)}, {"card": {}}),
    "ledger.jsonl": append,
}


@pytest.mark.parametrize("name", WRITERS)
def test_what_does_not_fit_is_named_and_leaves_what_was_there(tmp_path, name):
    path = tmp_path / name
    if name != "ledger.jsonl":
        path.write_text("before")
    with files_of_at_most(LIMIT), pytest.raises(OSError, match=name) as raised:
        WRITERS[name](path)
    assert raised.value.filename == str(path)
    assert [file.name for file in tmp_path.iterdir()] == [name]
    if name != "ledger.jsonl":
        assert path.read_text() == "before"


def test_a_ledger_that_did_not_fit_takes_entries_again(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with opened(path) as entries:
        entries.append({"first": 1})
    with files_of_at_most(LIMIT), pytest.raises(OSError, match=r"ledger\.jsonl"):
        append(path)
    with opened(path) as entries:
        entries.append({"second": 2})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [{"first": 1}, {"second": 2}]


def test_a_study_database_that_cannot_be_made_is_named_as_one_that_cannot_be_written(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    with files_of_at_most(LIMIT), pytest.raises(StorageError, match=r"studies\.db cannot be written to: .* Make room"):
        storage.open()


@pytest.mark.slow
@pytest.mark.long(part="faults")
def test_a_full_tracking_store_costs_a_warning_with_its_name_and_no_trial(kedro, finished):
    store = finished / "data/test/mlflow.db"
    with sqlite3.connect(store) as connection:
        connection.execute("create table filling as select zeroblob(20000000) as filled")
    connection.close()
    more = FINISHED_PARAMETERS.replace("hpo.n_trials=3", "hpo.n_trials=4")
    with files_of_at_most(store.stat().st_size):
        done = kedro("run", "--env", "test", "--namespaces", "hpo.mlp", "--params", more)
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, said
    assert "4/4 trials" in said
    assert "Traceback" not in said
    assert said.count("MLflow tracking is off for the rest of this run") == 1
    assert "mlflow.db" in said.replace(" ", "")  # lines of a log are broken
