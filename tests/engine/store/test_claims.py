"""Several searches on one study of a real server: slots are given out once, and come back when their holder ends."""

import threading
import time

import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState
from tests.makers.processes import wait_until

from trading_hpo.engine.store import claims as module
from trading_hpo.engine.store import outage
from trading_hpo.engine.store.claims import SlotLocks, claims_on
from trading_hpo.errors import StorageError
from trading_hpo.study.catalogue import delete
from trading_hpo.study.reference import StudyRef

pytestmark = pytest.mark.slow
RESTARTS = pytest.mark.long(part="postgresql")


@pytest.fixture
def two(database):
    with claims_on(database, "study") as one, claims_on(database, "study") as other:
        yield one, other


def test_a_slot_is_taken_by_one_search_until_it_lets_go(two):
    one, other = two
    assert one.take(0)
    assert one.take(0)
    assert not other.take(0)
    assert other.take(1)
    one.release(0)
    assert other.take(0)


def test_a_slot_comes_back_when_its_holder_is_gone(database):
    ended, other = SlotLocks(database, "study"), SlotLocks(database, "study")
    assert ended.take(0)
    ended.close()
    wait_until(lambda: other.take(0))  # the server notices in its own time
    other.close()


def test_studies_do_not_hold_each_other(database):
    with claims_on(database, "a") as one, claims_on(database, "b") as other:
        assert one.take(0)
        assert other.take(0)


def test_what_a_search_holds_cannot_be_deleted_and_what_is_being_deleted_cannot_be_searched(database):
    short_search("study", ShortTrials(2), n_trials=2).open(database)
    with claims_on(database, "study"), pytest.raises(StorageError, match="is being searched"):
        delete(StudyRef("study", database))
    with (
        database.exclusive("study"),
        pytest.raises(StorageError, match="moves or deletes"),
        claims_on(database, "study"),
    ):
        pass
    delete(StudyRef("study", database))


def test_after_a_restart_of_the_server_what_was_held_is_held_again(two, server_does, monkeypatch):
    monkeypatch.setattr(module, "KEEP_EVERY_S", 0.0)
    monkeypatch.setattr(outage, "ASK_AGAIN_S", 0.0)
    monkeypatch.setattr(outage, "REST", 0.0)
    one, other = two
    assert one.take(0)
    server_does("stop")
    assert one.take(1)  # no server can be asked
    assert not one.take(2, begun=True)  # whoever has begun it may train it yet
    assert one.take(0, begun=True)  # our own
    one.keep()
    server_does("start")
    one.keep()
    assert not other.take(0)
    assert not other.take(1)
    assert other.take(2)


def states(storage):
    trials = StudyRef("study", storage).open().trials
    return sorted(trial.user_attrs["slot"] for trial in trials), {trial.state for trial in trials}


def test_three_machines_spend_one_budget_exactly(database, start_short_search):
    machines = [start_short_search(database, "--n-trials", "60", "--seconds", "0.1") for _ in range(3)]
    said = [machine.communicate(timeout=600)[1] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0, 0], said
    assert states(database) == (list(range(60)), {TrialState.COMPLETE})
    assert all("60/60 trials" in line for line in said)


def test_the_slots_of_a_killed_machine_are_taken_up_with_their_parameters(database, start_short_search):
    search = short_search("study", ShortTrials(2, seconds=0.05), n_trials=6)
    search.open(database)
    dead = start_short_search(database, "--n-trials", "6", "--seconds", "3600")
    study = StudyRef("study", database).follow()
    wait_until(lambda: study.trials)
    (begun,) = study.trials

    def kill_when_it_alone_is_left():
        wait_until(lambda: [trial.state for trial in study.trials].count(TrialState.COMPLETE) == 5)
        dead.kill()

    killer = threading.Thread(target=kill_when_it_alone_is_left)
    killer.start()
    search.run(database)  # waits for the slot that the other machine holds
    killer.join()
    dead.communicate()
    assert states(database) == (list(range(6)), {TrialState.COMPLETE})
    assert study.trials[0].params == begun.params


@RESTARTS
def test_two_machines_that_are_cut_off_from_their_server_still_spend_one_budget(
    database, server_does, start_short_search
):
    # Each goes on by itself; what it proposes then follows from what it has seen itself, so the two differ.
    short_search("study", ShortTrials(3), n_trials=60).open(database)
    machines = [
        start_short_search(database, "--n-trials", "60", "--seconds", "0.2", "--sampler", "tpe") for _ in range(2)
    ]
    study = StudyRef("study", database).follow()
    wait_until(lambda: len(study.trials) >= 15)
    server_does("stop")
    time.sleep(3)
    server_does("start")
    said = [machine.communicate(timeout=600)[1] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], said
    assert states(database) == (list(range(60)), {TrialState.COMPLETE})
    for trial in StudyRef("study", database).open().trials:
        assert trial.value == pytest.approx(sum(trial.params.values()))


@RESTARTS
def test_a_search_on_a_server_that_restarts_again_and_again_loses_nothing(database, restarting):
    search = short_search("study", ShortTrials(5, seconds=0.2), n_trials=150, workers=2)
    with restarting(4, lambda: 1.0) as done:
        search.run(database)
    assert done
    assert states(database) == (list(range(150)), {TrialState.COMPLETE})
    for trial in StudyRef("study", database).open().trials:
        assert sorted(trial.intermediate_values) == [1, 2, 3, 4, 5]
        assert "lost" not in trial.user_attrs
