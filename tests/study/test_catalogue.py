"""A kept panel goes with the last study that was made on it, never before."""

import sqlite3
from contextlib import closing

import optuna
import pytest

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.study.catalogue import archive, delete, forget_panel
from trading_hpo.study.fingerprint import FINGERPRINT
from trading_hpo.study.reference import StudyRef


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("TRADING_HPO_STORAGE", raising=False)
    for scenario in ("base", "test"):
        (tmp_path / scenario / "source/06_models").mkdir(parents=True)
        kept = tmp_path / scenario / "source/05_model_input/kept"
        kept.mkdir(parents=True)
        for digest in ("one", "two"):
            (kept / f"{digest}.safetensors").touch()
    return tmp_path


def make_study(data, scenario, name, digest):
    storage = StudyStorage(f"sqlite:///{data / scenario / 'source/06_models/studies.db'}")
    study = optuna.create_study(study_name=name, storage=storage.open())
    study.set_user_attr(FINGERPRINT, {"data": {"digest": digest}})
    return StudyRef(name, storage)


def kept(data):
    return sorted(str(path.relative_to(data)) for path in data.glob("*/*/05_model_input/kept/*"))


def test_a_panel_stays_while_another_study_of_any_scenario_was_made_on_it(data):
    one, other = make_study(data, "base", "a.mlp", "one"), make_study(data, "test", "b.mlp", "one")
    before = kept(data)
    delete(one)
    forget_panel(data, "one")
    assert kept(data) == before
    delete(other)
    forget_panel(data, "one")
    assert kept(data) == [name for name in before if "two" in name]


def test_a_panel_stays_while_an_archived_study_was_made_on_it(data):
    one, other = make_study(data, "base", "a.mlp", "one"), make_study(data, "base", "b.mlp", "one")
    before = kept(data)
    archive(one, data / "archive")
    delete(other)
    forget_panel(data, "one")
    assert kept(data) == before


@pytest.mark.parametrize("text", ["{half", "[1]"])
def test_a_panel_stays_where_another_study_cannot_be_read(data, caplog, text):
    make_study(data, "base", "a.mlp", "two")
    path = data / "base/source/06_models/studies.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("update study_user_attributes set value_json = ?", (text,))
    before = kept(data)
    forget_panel(data, "one")
    assert kept(data) == before
    assert "another study may need them" in caplog.text
