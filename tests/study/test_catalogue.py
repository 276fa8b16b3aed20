"""A kept panel goes with the last study that was made on it, never before."""

import sqlite3
from contextlib import closing

import optuna
import pytest

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.escaping import one_line
from trading_hpo.study.catalogue import all_studies, archive, delete, find, forget_panel
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


LONG = pytest.mark.long(part="secrets")
HOSTILE = [
    "../../../x",
    "tables",  # a lock of the database, too
    *(pytest.param(name, marks=LONG) for name in ("a\nb\0\x1b[31m", "x" * 300, "*")),
]


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_study_of_any_name_is_archived_within_the_folder_and_deleted(data, name):
    ref = make_study(data, "base", name, "one")
    before = files(data.parent)
    assert find(data, one_line(name)) == ref  # as lists show it
    path = archive(ref, data / "archive").sqlite_path
    assert path.parent == data / "archive"
    assert {found.parts[1] for found in files(data.parent) - before} <= {"archive", "base"}
    assert files(data / "archive") == {path.relative_to(data / "archive")}
    kept = StudyRef(name, StudyStorage(f"sqlite:///{path}"))
    assert kept.open().study_name == name
    delete(kept)
    assert all_studies(data) == []


def test_an_archive_leaves_those_alone_whose_names_begin_alike(data):
    for name in ("a.mlp.partner", "a.mlp"):
        archive(make_study(data, "base", name, "one"), data / "archive")
    assert sorted(path.name for path in (data / "archive").iterdir()) == ["a.mlp.db", "a.mlp.partner.db"]


@pytest.mark.parametrize("digest", ["*", "../kept/one", "../../../../../outside"])
def test_a_panel_stays_whatever_a_study_says_its_digest_is(data, digest):
    outside = data.parent / "outside.safetensors"
    outside.touch()
    delete(make_study(data, "base", "a.mlp", digest))
    before = kept(data)
    forget_panel(data, digest)
    assert kept(data) == before
    assert outside.exists()
