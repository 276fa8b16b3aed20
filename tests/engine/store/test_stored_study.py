"""What a study's storage holds of its slots."""

import random
import sqlite3
import time

import optuna
import pytest
import sqlalchemy
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.proposer import History, Proposal
from trading_hpo.engine.store import reports as module
from trading_hpo.engine.store import storage as storage_module
from trading_hpo.engine.store import writer as writer_module
from trading_hpo.engine.store.optuna_tables import engine_of
from trading_hpo.engine.store.reports import Reports
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy, begun_slot
from trading_hpo.engine.store.writer import Writer
from trading_hpo.errors import StorageError
from trading_hpo.study.objectives import ObjectiveConfig
from trading_hpo.study.opening import open_study

RATE = FloatDistribution(0, 1)


def proposal(rate):
    return Proposal({"rate": rate}, {"rate": RATE}, {})


NOTHING = History(None, {})


def report(value, step=3):
    record = {"metrics": {"mcc": value}, "spread": {"mcc": None}, "folds": [{"fold": 0}]}
    return Report((value,), step, (value,), True, cost={"epochs": 1.0}, record=record)


@pytest.fixture(autouse=True)
def quiet_optuna():
    optuna.logging.set_verbosity(optuna.logging.WARNING)


@pytest.fixture
def open_stored(either_storage):
    def open_it(writer=None, shared=False):
        study, storage = open_study(either_storage, "study", (ObjectiveConfig(),), {"fold_order": "lockstep"})
        return StoredStudy(study, storage, writer, shared)

    return open_it


class Twice(Writer):
    """A storage whose every acknowledgement is lost: each write is made again."""

    def put(self, write):
        write()
        write()


def trials(stored):
    return stored.study.get_trials(deepcopy=False)


def test_a_lost_acknowledgement_doubles_nothing(open_stored):
    stored = open_stored(Twice())
    for slot in range(3):
        begun = stored.begin(slot, proposal(slot / 10))
        stored.report(begun, 1, [0.25])
        stored.finish(begun, TrialState.COMPLETE, report(slot), NOTHING)
    stored.put_back(stored.note_loss(stored.begin(3, proposal(0.3))))
    found = [(t.number, t.user_attrs["slot"], t.state.name, t.intermediate_values) for t in trials(stored)]
    complete = [(slot, slot, "COMPLETE", {1: 0.25}) for slot in range(3)]
    assert found == [*complete, (3, 3, "WAITING", {})]
    assert trials(stored)[3].user_attrs["lost"] == 1


def test_a_slot_that_another_search_has_begun_otherwise_meanwhile_is_left_to_it(open_stored):
    ours, theirs = open_stored(), open_stored()
    their_slot = theirs.begin(0, proposal(0.1))
    our_slot = ours.begin(0, proposal(0.2))
    ours.report(our_slot, 1, [9.0])
    ours.finish(our_slot, TrialState.COMPLETE, report(9.0), NOTHING)
    theirs.finish(their_slot, TrialState.COMPLETE, report(1.0), NOTHING)
    (trial,) = trials(theirs)
    assert (trial.params, trial.value, trial.intermediate_values) == ({"rate": 0.1}, 1.0, {})


def test_a_slot_that_two_searches_train_alike_is_finished_by_the_first(open_stored):
    ours, theirs = open_stored(), open_stored()
    both = ours.begin(0, proposal(0.1)), theirs.begin(0, proposal(0.1))
    theirs.finish(both[1], TrialState.COMPLETE, report(1.0), NOTHING)
    ours.finish(both[0], TrialState.COMPLETE, report(1.0), NOTHING)
    assert [trial.value for trial in trials(ours)] == [1.0]


def test_what_another_program_ends_is_written_to_its_end_as_a_new_trial(open_stored):
    stored = open_stored(Twice())
    begun = stored.begin(0, proposal(0.1))
    stored.report(begun, 1, [0.25])
    stored.study.tell(0, 9.0)
    stored.finish(begun, TrialState.COMPLETE, report(1.0), NOTHING)
    told, again = trials(stored)
    assert (told.value, told.state) == (9.0, TrialState.COMPLETE)
    assert (again.value, again.params, again.intermediate_values) == (1.0, {"rate": 0.1}, {1: 0.25})
    assert (again.user_attrs["slot"], again.user_attrs["cost"]) == (0, {"epochs": 1.0})
    assert [trial.number for trial in stored.read()] == [1]


def test_an_enqueued_trial_that_another_search_takes_first_leaves_the_slot_a_new_one(open_stored):
    ours, theirs = open_stored(shared=True), open_stored(shared=True)
    ours.study.enqueue_trial({"rate": 0.5})
    (waiting,), (also,) = ours.enqueued(), theirs.enqueued()
    assert (waiting.number, waiting.parameters) == (0, {"rate": 0.5})
    ours.begin(0, proposal(0.5), waiting)
    assert ours.enqueued() == theirs.enqueued() == []
    theirs.begin(1, proposal(0.5), also)
    found = [(t.number, t.user_attrs["slot"], t.params) for t in trials(ours)]
    assert found == [(0, 0, {"rate": 0.5}), (1, 1, {"rate": 0.5})]
    assert seen(theirs.news()) == [(0, "RUNNING")]
    assert theirs.news() == []


def seen(news):
    return [(trial.user_attrs["slot"], trial.state.name) for trial in news]


def test_what_others_begin_and_end_is_told_once_and_what_is_ours_never(open_stored):
    ours, theirs = open_stored(shared=True), open_stored(shared=True)
    ours.read()
    theirs.read()
    own = ours.begin(0, proposal(0.1))
    assert ours.news() == []
    other = theirs.begin(1, proposal(0.2))
    assert seen(ours.news()) == [(1, "RUNNING")]
    assert ours.news() == []
    theirs.finish(other, TrialState.COMPLETE, report(1.0), NOTHING)
    assert seen(ours.news()) == [(1, "COMPLETE")]
    ours.finish(own, TrialState.COMPLETE, report(2.0), NOTHING)
    assert ours.news() == []
    assert seen(theirs.news()) == [(0, "COMPLETE")]


def test_a_slot_that_another_search_left_is_ours_once_it_is_taken_up(open_stored):
    left = open_stored(shared=True)
    left.report(left.begin(0, proposal(0.1)), 1, [0.5])
    ours = open_stored(shared=True)
    (begun,) = map(begun_slot, ours.read())
    ours.take_up(begun)
    ours.report(begun, 1, [0.5])
    ours.finish(begun, TrialState.COMPLETE, report(1.0), NOTHING)
    assert ours.news() == []
    (trial,) = trials(ours)
    assert (trial.number, trial.params, trial.intermediate_values) == (0, {"rate": 0.1}, {1: 0.5})


def test_a_file_that_another_program_holds_delays_and_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(storage_module, "BUSY_TIMEOUT_S", 0.1)
    monkeypatch.setattr(writer_module, "RETRY_S", 0.05)
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    stored = StoredStudy(*open_study(storage, "study", (ObjectiveConfig(),), {"fold_order": "lockstep"}))
    stored.writer.start()
    other = sqlite3.connect(tmp_path / "studies.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for slot in range(5):
        stored.finish(stored.begin(slot, proposal(0.1)), TrialState.COMPLETE, report(1.0), NOTHING)
    time.sleep(0.5)
    assert not stored.writer.idle
    other.execute("COMMIT")
    other.close()
    stored.writer.finish(lambda: True)
    assert seen(trials(stored)) == [(slot, "COMPLETE") for slot in range(5)]


def test_a_finished_trial_has_all_reports_though_storage_was_too_slow_for_them_on_the_way(open_stored, monkeypatch):
    monkeypatch.setattr(module, "SHARE", 0.0)
    stored = open_stored()
    begun = stored.begin(0, proposal(0.1))
    for step in range(1, 21):
        stored.report(begun, step, [step / 20])
    assert trials(stored)[0].intermediate_values == {}
    stored.finish(begun, TrialState.PRUNED, report(1.0), NOTHING)
    assert trials(stored)[0].intermediate_values == {step: step / 20 for step in range(1, 21)}


def test_a_report_is_written_at_once_while_storage_takes_little_of_the_trials_time():
    reports = Reports(began=0.0)  # long ago
    reports.waiting[1] = 0.5
    assert reports.due() == {1: 0.5}
    reports.waiting[2] = 0.6
    assert reports.due() == {}  # the first is still on its way
    reports.written(0.001)
    reports.waiting[3] = 0.7
    assert reports.due() == {2: 0.6, 3: 0.7}


def test_a_report_waits_once_storage_has_taken_its_share():
    reports = Reports()
    reports.written(1.0)
    reports.waiting[1] = 0.5
    assert reports.due() == {}
    assert reports.rest() == {1: 0.5}
    assert reports.rest() == {}


def test_a_full_disk_ends_the_search_with_the_path_and_what_is_free_and_loses_nothing(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    stored = StoredStudy(*open_study(storage, "study", (ObjectiveConfig(),), {"fold_order": "lockstep"}))
    acknowledged = []

    def fill():
        size = stored._engine.connect()
        pages = size.exec_driver_sql("PRAGMA page_count").scalar()
        size.exec_driver_sql(f"PRAGMA max_page_count = {pages + 20}")
        size.close()
        for slot in range(10_000):
            begun = stored.begin(slot, proposal(random.random()))
            stored.finish(begun, TrialState.COMPLETE, report(slot), NOTHING)
            acknowledged.append(slot)

    with pytest.raises(StorageError) as told, storage.errors_in_words():
        fill()
    assert f"{tmp_path / 'studies.db'} cannot be written to: database or disk is full" in str(told.value)
    assert "bytes are free there" in str(told.value)
    assert "Finished trials are kept" in str(told.value)
    study = optuna.load_study(study_name="study", storage=storage.open())
    kept = [trial.user_attrs["slot"] for trial in study.trials if trial.state == TrialState.COMPLETE]
    assert kept == acknowledged != []


def test_the_database_does_not_wait_for_the_disk_at_every_commit(tmp_path):
    engine = engine_of(StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}").open())
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("PRAGMA synchronous")).scalar() == 1
        assert connection.execute(sqlalchemy.text("PRAGMA journal_mode")).scalar() == "wal"
