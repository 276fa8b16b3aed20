"""What a search learns of others that search the same study, and what it leaves to them."""

import json
import time

import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial
from tests.makers.scripted import Others, ends, loses

from trading_hpo.engine import supervisor as module
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.trial_record import COST, LOST, SLOT, STARTED_FROM


def begins(slot, state=TrialState.RUNNING, value=None, violation=0.0, **attributes):
    """Another search writes a trial."""
    trial = create_trial(
        state=state,
        value=value,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0.0, 1.0)},
        user_attrs={SLOT: slot, COST: {"epochs": 1.0}, **attributes},
        system_attrs={"constraints": [violation]},
    )
    return lambda study, left: study.add_trial(trial)


def ended(slot, value):
    return begins(slot, TrialState.COMPLETE, value)


def ends_begun(slot, value):
    """Another search ends the trial that it has begun."""

    def end(study, left):
        (trial,) = [trial for trial in study.trials if trial.user_attrs[SLOT] == slot]
        study._storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [value])

    return end


def nothing(study, left): ...


def shared(*done):
    """A stored study to which others do something each time that it is asked for news.

    Args:
        done: With the study, and the slots that the storage has left to them.
    """

    class Shared(StoredStudy):
        def __init__(self, study, storage):
            super().__init__(study, storage, shared=True)
            self.to_do, self.left = list(done), set()

        def news(self):
            if self.to_do:
                self.to_do.pop(0)(self.study, self.left)
            return super().news()

        def left_to_others(self, slot):
            return slot in self.left or super().left_to_others(slot)

    return Shared


def test_what_others_have_ended_is_counted_and_not_run_again(scripted_search):
    def work(study, left):
        for act in (ended(0, 5.0), begins(1, TrialState.PRUNED), begins(3, TrialState.FAIL)):
            act(study, left)

    spent, watcher, executor, _ = scripted_search({2: [ends(4.0)]}, n_trials=4, stored_as=shared(work), claims=Others())
    assert spent
    assert executor.submitted == [2]
    assert (watcher.tally.finished, watcher.tally.pruned, watcher.tally.failed) == (4, 1, 1)
    assert watcher.tally.best == 5.0
    assert watcher.best == [False]  # of our own ends alone


def test_the_best_of_others_keeps_its_bounds_too(scripted_search):
    over = begins(0, TrialState.COMPLETE, 5.0, violation=0.5)
    _, watcher, *_ = scripted_search({1: [ends(4.0)]}, n_trials=2, stored_as=shared(over), claims=Others())
    assert (watcher.tally.finished, watcher.tally.best) == (2, 4.0)


def test_a_slot_that_others_have_ended_while_it_was_taken_is_released(scripted_search):
    claims = Others()
    _, watcher, executor, _ = scripted_search(
        {1: [ends(4.0)]}, 2, stored_as=shared(nothing, ended(0, 5.0)), claims=claims
    )
    assert executor.submitted == [1]
    assert claims.released == [0, 1]
    assert watcher.tally.finished == 2


def test_the_search_waits_for_what_others_train_and_says_so_once(scripted_search, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    study = shared(begins(0), *[nothing] * 4, ends_begun(0, 5.0))
    spent, watcher, executor, _ = scripted_search({1: [ends(4.0)]}, 2, stored_as=study, claims=Others(theirs={0}))
    assert spent
    assert executor.submitted == [1]
    assert watcher.waits == [1]
    assert (watcher.tally.finished, watcher.tally.best) == (2, 5.0)


def test_a_slot_that_others_have_begun_is_run_with_their_parameters_once_it_is_ours(scripted_search):
    claims = Others()
    _, watcher, executor, trials = scripted_search({}, n_trials=2, stored_as=shared(begins(0)), claims=claims)
    assert executor.submitted == [0, 1]
    assert claims.asked == [(0, True), (1, False)]
    assert watcher.tally.finished == 2
    assert trials[0].params == {"x": 0.5}


def test_an_end_of_a_slot_that_was_left_to_others_counts_once_as_theirs(scripted_search):
    def leave(study, left):
        left.add(0)
        ended(0, 5.0)(study, left)

    study = shared(*[nothing] * 3, leave)
    spent, watcher, executor, _ = scripted_search({0: [ends(9.0)]}, n_trials=2, stored_as=study, claims=Others())
    assert spent
    assert executor.submitted == [0, 1]
    assert watcher.best == [True, False]
    assert watcher.tally.finished == 2


@pytest.mark.parametrize("event", [ends(9.0), loses("killed by signal 9")])
def test_what_happens_on_a_slot_that_is_others_does_not_count(scripted_search, event):
    class Theirs(shared(nothing, nothing, ended(0, 5.0))):
        def left_to_others(self, slot):
            return slot == 0

    claims = Others()
    spent, watcher, executor, _ = scripted_search({0: [event]}, n_trials=2, stored_as=Theirs, claims=claims)
    assert spent
    assert executor.submitted == [0, 1]
    assert (watcher.tally.finished, watcher.tally.best, watcher.best) == (2, 5.0, [False])
    assert claims.released == [0, 1]


def test_a_configuration_to_start_from_that_others_have_begun_is_crossed_out(scripted_search, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    start_from = ({"x": 0.5}, {"x": 0.25})
    theirs = begins(0, **{STARTED_FROM: json.dumps(start_from[0])})
    claims = Others(theirs={0})
    _, _, executor, trials = scripted_search(
        {},
        n_trials=2,
        stored_as=shared(theirs, *[nothing] * 4, ends_begun(0, 5.0)),
        claims=claims,
        start_from=start_from,
    )
    assert executor.submitted == [1]
    assert trials[1].params == {"x": 0.25}


def test_a_search_that_shares_its_study_with_none_asks_for_no_news(scripted_search):
    class Alone(StoredStudy):
        def news(self):
            raise AssertionError

    spent, *_ = scripted_search({}, n_trials=2, stored_as=Alone)
    assert spent


def test_a_slot_beyond_the_budget_that_others_have_ended_counts(scripted_search):
    study = shared(ended(5, 1.0))
    _, watcher, executor, _ = scripted_search({}, n_trials=3, stored_as=study, claims=Others(), workers=3)
    assert executor.submitted == [0, 1]
    assert watcher.tally.finished == 3


@pytest.mark.parametrize(("lost", "batches"), [({}, [[0, 1]]), ({LOST: 1}, [[0], [1]])])
def test_what_others_have_begun_joins_a_batch_unless_a_worker_was_lost_on_it(scripted_search, lost, batches):
    study = shared(begins(1, **lost))
    _, _, executor, _ = scripted_search({}, 2, stored_as=study, claims=Others(), candidates_per_batch=2)
    assert executor.batches == batches


def test_the_search_waits_for_others_also_once_it_has_written_all_of_its_own(scripted_search, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)

    class EndsLate(shared(begins(0))):
        looks = 0

        def news(self):
            self.looks += self.writer.idle and bool(self.study.trials)
            if self.looks == 50:
                ends_begun(0, 5.0)(self.study, self.left)
            return super().news()

    spent, *_ = scripted_search({1: [ends(4.0)]}, n_trials=2, stored_as=EndsLate, claims=Others(theirs={0}))
    assert spent


def test_it_waits_for_none_while_the_last_of_its_own_is_written(scripted_search):
    class WritesSlowly(StoredStudy):
        def finish(self, *arguments):
            super().finish(*arguments)
            self.writer.put(lambda: time.sleep(0.2))

    spent, watcher, *_ = scripted_search({}, n_trials=2, stored_as=WritesSlowly, claims=Others())
    assert spent
    assert watcher.waits == []
