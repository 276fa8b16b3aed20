"""Bytes beside trials and studies: they begin and end with them, on both kinds of database."""

import sqlite3

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from trading_hpo.engine.store.optuna_tables import Change, engine_of, place_of, write_change
from trading_hpo.engine.store.payloads import (
    copy_payloads,
    drop_trial_payloads,
    payload_sizes,
    put_study_payload,
    study_payload,
    trial_payloads,
)
from trading_hpo.engine.store.storage import StudyStorage

COMPLETE = Change(TrialState.COMPLETE, [1.0], payload={"0": b"abc", "1": b"\0\xff"})


@pytest.fixture(autouse=True)
def quiet_optuna():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def study_in(storage, name="study", n_trials=2):
    """A study whose running trials are to be ended."""
    study = optuna.create_study(storage=storage.open(), study_name=name)
    for _ in range(n_trials):
        study.add_trial(create_trial(state=TrialState.RUNNING))
    return study


def end(study, *numbers, change=COMPLETE):
    engine, _ = place_of(study)
    return [write_change(engine, study.get_trials(deepcopy=False)[number]._trial_id, change) for number in numbers]


def kept(study):
    return list(trial_payloads(*place_of(study)))


def test_a_payload_is_written_with_the_end_of_its_trial_and_read_by_number(either_storage):
    study = study_in(either_storage)
    end(study, 1)
    assert kept(study) == [(1, "0", b"abc"), (1, "1", b"\0\xff")]
    assert payload_sizes(*place_of(study)) == [(1, "0", 3), (1, "1", 2)]


def test_a_second_end_is_refused_with_its_payload(either_storage):
    study = study_in(either_storage)
    other = Change(TrialState.PRUNED, [2.0], payload={"0": b"other"})
    assert end(study, 0) == [True]
    assert end(study, 0, change=other) == [False]
    assert kept(study) == [(0, "0", b"abc"), (0, "1", b"\0\xff")]


def test_an_end_that_fails_leaves_neither_state_nor_payload(either_storage, monkeypatch):
    study = study_in(either_storage)
    broken = Change(TrialState.COMPLETE, [1.0], payload={"0": b"abc", "1": None})
    with pytest.raises(Exception, match=r"(?i)null"):
        end(study, 0, change=broken)
    assert kept(study) == []
    assert study.get_trials(deepcopy=False)[0].state == TrialState.RUNNING


def test_payloads_go_with_the_study_that_optuna_deletes_and_no_later_trial_inherits_them(either_storage):
    study, other = study_in(either_storage, "old"), study_in(either_storage, "kept")
    end(study, 0, 1)
    end(other, 0)
    put_study_payload(*place_of(study), {"facts": b"old"})
    optuna.delete_study(study_name="old", storage=either_storage.open())
    assert kept(study) == []
    assert len(kept(other)) == 2
    new = study_in(either_storage, "new", n_trials=4)
    assert kept(new) == []
    assert study_payload(*place_of(new)) == {}


def test_sqlite_gives_ids_again_which_is_what_that_test_is_about(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    old = study_in(storage, "old").get_trials(deepcopy=False)[0]._trial_id
    optuna.delete_study(study_name="old", storage=storage.open())
    assert study_in(storage, "new").get_trials(deepcopy=False)[0]._trial_id == old


def test_the_payloads_of_some_trials_are_removed_from_one_study_only(either_storage):
    study, other = study_in(either_storage, "a", 3), study_in(either_storage, "b", 3)
    end(study, 0, 1, 2)
    end(other, 0, 1, 2)
    drop_trial_payloads(*place_of(study), {0, 2})
    assert {number for number, *_ in kept(study)} == {1}
    assert {number for number, *_ in kept(other)} == {0, 1, 2}


def test_a_copy_has_them_by_number_whatever_the_ids_are(either_storage, tmp_path):
    study = study_in(either_storage, "study", 3)
    end(study, 0, 2)
    put_study_payload(*place_of(study), {"facts": b"x"})
    elsewhere = StudyStorage(f"sqlite:///{tmp_path / 'copy.db'}")
    study_in(elsewhere, "in the way", 5)
    copy = study_in(elsewhere, "study", 3)
    copy_payloads(*place_of(study), *place_of(copy))
    assert kept(copy) == kept(study)
    assert study_payload(*place_of(copy)) == {"facts": b"x"}


def test_a_database_of_an_earlier_version_is_opened_read_and_written_on(tmp_path):
    path = tmp_path / "studies.db"
    storage = StudyStorage(f"sqlite:///{path}")
    study_in(storage)
    with sqlite3.connect(path) as connection:
        for name in ("trial", "study"):
            connection.execute(f"drop trigger {name}_payloads_end")
            connection.execute(f"drop table {name}_payloads")
    study = optuna.load_study(study_name="study", storage=storage.open())
    assert kept(study) == []
    end(study, 0)
    assert len(kept(study)) == 2
    optuna.delete_study(study_name="study", storage=storage.open())
    assert kept(study) == []


def test_engine_of_a_study_is_that_of_its_storage(either_storage):
    study = study_in(either_storage)
    engine, study_id = place_of(study)
    assert engine is engine_of(study._storage)
    assert study_id == study._storage.get_study_id_from_name("study")
