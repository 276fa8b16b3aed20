"""A study by reference: opened by whoever reads it, and telling when it has moved on."""

import sqlite3

import optuna
import pytest
from optuna.trial import TrialState

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError
from trading_hpo.study.reference import StudyRef

NAME = "test-sp500_20-direction1.cnn_lstm"


@pytest.fixture
def storage(tmp_path) -> StudyStorage:
    return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")


@pytest.fixture
def study(storage) -> optuna.Study:
    return optuna.create_study(storage=storage.open(), study_name=NAME, direction="maximize")


@pytest.fixture
def ref(storage) -> StudyRef:
    return StudyRef(NAME, storage)


def test_the_model_type_is_the_last_part_of_the_name(ref):
    assert ref.model_type == "cnn_lstm"


def test_an_opened_study_has_the_trials_finished_and_running(ref, study):
    study.add_trial(optuna.create_trial(value=0.25))
    study.ask()
    opened = ref.open()
    assert opened.study_name == NAME
    assert [trial.state for trial in opened.trials] == [TrialState.COMPLETE, TrialState.RUNNING]
    assert opened.best_value == 0.25


def test_a_study_opened_again_has_what_was_written_since(ref, study):
    assert ref.open().trials == []
    study.add_trial(optuna.create_trial(value=0.25))
    assert len(ref.open().trials) == 1


# Its state


def test_the_state_changes_when_a_trial_begins_reports_and_ends(ref, study):
    seen = [ref.state()]
    for state, value in [(TrialState.COMPLETE, 0.1), (TrialState.PRUNED, 0.2), (TrialState.FAIL, None)]:
        trial = study.ask()
        seen.append(ref.state())
        for epoch in (1, 2):
            trial.report(0.1, epoch)
            seen.append(ref.state())
        study.tell(trial, None if state == TrialState.PRUNED else value, state)
        seen.append(ref.state())
    assert len(set(seen)) == len(seen) == 13


def test_the_state_changes_when_a_waiting_trial_is_taken_up(ref, study):
    study.enqueue_trial({"rate": 0.5})
    waiting = ref.state()
    study.ask()
    assert ref.state() != waiting


def test_the_state_stays_while_nothing_begins_reports_or_ends(ref, study):
    study.add_trial(optuna.create_trial(value=0.1))
    running = study.ask()
    running.report(0.1, 1)
    before = ref.state()
    ref.open().get_trials()
    running.suggest_float("rate", 0, 1)
    running.set_user_attr("told", "somebody")
    study.set_user_attr("told", "somebody")
    assert ref.state() == before


def test_another_study_in_the_same_storage_changes_nothing(ref, study, storage):
    study.add_trial(optuna.create_trial(value=0.1))
    before = ref.state()
    other = optuna.create_study(storage=storage.open(), study_name="other.mlp")
    other.add_trial(optuna.create_trial(value=0.1))
    assert ref.state() == before
    assert StudyRef("other.mlp", storage).state() != before


def test_a_study_made_anew_under_the_same_name_has_another_state_with_as_many_trials(ref, study, storage):
    study.add_trial(optuna.create_trial(value=0.1))
    before = ref.state()
    optuna.delete_study(study_name=NAME, storage=storage.open())
    assert ref.state() not in {before, ""}
    anew = optuna.create_study(storage=storage.open(), study_name=NAME, direction="maximize")
    anew.add_trial(optuna.create_trial(value=0.2))
    assert ref.state() != before


def test_the_state_of_a_skipped_study_is_its_reason_and_opens_nothing(storage):
    assert StudyRef(NAME, storage, skipped="left out").state() == "left out"
    assert not storage.sqlite_path.exists()


# Where it is not


def test_an_absent_study_is_named_with_its_storage_and_the_remedy(storage, study):
    absent = StudyRef("test.lstm", storage)
    with pytest.raises(StorageError) as told:
        absent.open()
    assert str(told.value) == f"Study test.lstm is not in {storage.url}. Run `kedro run --pipeline hpo` first."
    assert absent.state() == "absent"


def test_a_storage_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    inside = StudyRef(NAME, StudyStorage(f"sqlite:///{tmp_path / 'file' / 'studies.db'}"))
    for read in (inside.open, inside.state):
        with pytest.raises(StorageError, match="cannot be used"):
            read()


def test_trials_that_cannot_be_read_are_told_of_when_the_study_is_opened(ref, study, storage):
    study.add_trials([optuna.create_trial(value=step) for step in range(3)])
    wipe_table(storage.sqlite_path, "trials")
    for read in (ref.open, ref.state):
        with pytest.raises(StorageError, match=r"cannot be used: .*malformed"):
            read()


def wipe_table(path, table: str) -> None:
    """Overwrite the first page of a table, as a bad disk does."""
    connection = sqlite3.connect(path)
    connection.execute("pragma wal_checkpoint(truncate)")
    (size,) = connection.execute("pragma page_size").fetchone()
    (page,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


# What people may read


def test_described_says_where_the_study_is_and_never_the_password():
    storage = StudyStorage("postgresql+psycopg://me:s3cr%7Bet@db.example/studies")
    for ref in (StudyRef(NAME, storage), StudyRef(NAME, storage, skipped="left out")):
        assert ref.described()["study_name"] == NAME
        assert ref.described()["storage"] == "postgresql+psycopg://me:***@db.example/studies"
        assert "s3cr" not in f"{ref.described()} {ref!r} {ref}"


def test_described_says_why_there_is_no_study_only_where_there_is_none(ref, storage):
    assert "skipped" not in ref.described()
    assert StudyRef(NAME, storage, skipped="left out").described()["skipped"] == "left out"
