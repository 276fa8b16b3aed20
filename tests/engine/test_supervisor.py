"""What the supervisor makes of events, and how it counts them."""

from functools import partial
from itertools import count
from math import nan

import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState
from tests.makers.scripted import NEVER_READY, Watcher, ends, fails, loses, report

from trading_hpo.engine import supervisor
from trading_hpo.engine.candidate import Outlook
from trading_hpo.engine.executor.executor import (
    Asked,
    Cancelled,
    CannotBegin,
    Finished,
    Lost,
    OverLimit,
    Planned,
    Reported,
)
from trading_hpo.engine.pruners.none import NoneConfig
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.supervisor import MAX_DEATHS, MAX_LOSSES, WorkersDieError
from trading_hpo.engine.trial_record import COST, LOST, REASON
from trading_hpo.engine.workload import Workload
from trading_hpo.study import search as search_module
from trading_hpo.study.reference import StudyRef


class ManyDie:
    """All workers but the last die in one instant; the last has finished its candidate. Later ones die all."""

    def __init__(self, *_):
        self.running, self.polls = {}, 0

    @property
    def n_free(self):
        return MAX_DEATHS + 2 - len(self.running)

    def submit(self, batch):
        (candidate,) = batch
        self.running[candidate.slot] = candidate

    def poll(self, timeout_s):
        self.polls += 1
        candidates, self.running = list(self.running.values()), {}
        events = [Lost((candidate.slot,), "killed by signal 9", had_begun=False) for candidate in candidates]
        if self.polls == 1:
            *_, report = ShortTrials(reports=1).evaluate(candidates[-1], lambda: False)
            events[-1] = Finished(candidates[-1].slot, report, pruned=False)
        return events

    def answer(self, slot, prune): ...
    def cancel(self): ...
    def close(self): ...


def test_what_has_finished_beside_many_deaths_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(search_module, "ProcessExecutor", ManyDie)
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    with pytest.raises(WorkersDieError, match="workers were lost in a row, the last killed by signal 9"):
        short_search("study", ShortTrials(reports=1), n_trials=100).run(storage)
    states = [trial.state for trial in StudyRef("study", storage).open().trials]
    assert states.count(TrialState.COMPLETE) == 1


# Counts


def test_every_end_is_counted_by_its_kind_and_the_best_keeps_its_bounds(scripted_search):
    events = {
        0: [ends(1.0)],
        1: [ends(9.0, pruned=True)],
        2: [fails("it broke")],
        3: [fails("it broke otherwise")],
        4: [lambda slot: OverLimit(slot, "it is too large", None)],
        5: [ends(nan)],
        6: [ends(8.0, violations={"size": -1.0, "drawdown": 0.5})],
        7: [ends(2.0, violations={"size": 0.0})],
        8: [ends(1.5)],
    }
    spent, watcher, _, trials = scripted_search(events, n_trials=9)
    tally = watcher.tally
    assert spent
    assert (tally.finished, tally.resumed, tally.pruned, tally.failed, tally.best) == (9, 0, 2, 3, 2.0)
    assert tally.first_failure == "it broke"
    assert [slot for slot, is_best in enumerate(watcher.best) if is_best] == [0, 7]
    assert len(watcher.best) == 9
    letters = "".join(trials[slot].state.name[0] for slot in range(9))
    assert letters == "CPFFPFCCC"
    assert [trials[slot].user_attrs.get(REASON) for slot in (2, 4)] == ["it broke", "it is too large"]
    assert [trials[slot].system_attrs.get("constraints") for slot in (6, 7, 8)] == [[-1.0, 0.5], [0.0], None]


def test_steps_are_counted_of_all_trials_whatever_becomes_of_them(scripted_search):
    events = {
        0: [reports(0.1, 1), reports(0.2, 2), ends(0.3, step=3)],
        1: [reports(0.1, 1), ends(0.1, pruned=True)],
        2: [reports(0.1, 1), reports(0.2, 2), fails("it broke")],
        3: [reports(0.1, 1), loses("killed by signal 9"), reports(0.1, 1), ends(0.2, step=2)],
    }
    _, watcher, _, _ = scripted_search(events, n_trials=4)
    work = watcher.tally.work
    assert (work.n_ended, work.steps, work.steps_in_all(0)) == (4, 3 + 1 + 2 + 2, 8)


def test_a_search_knows_the_time_that_is_left_from_its_first_batches(scripted_search, monkeypatch):
    seconds, estimates = count(), []
    monkeypatch.setattr(supervisor, "Workload", partial(Workload, clock=lambda: float(next(seconds))))
    planned = [lambda slot: Planned(slot, Outlook(3, (100.0,) * 3))]
    asked = [lambda slot, times=times: Asked(slot, times) for times in (1, 30, 60)]
    events = {slot: [*planned, *asked, reports(0.1, 1), ends(0.3, step=2)] for slot in range(2)}
    monkeypatch.setattr(Watcher, "refresh", lambda watcher: estimates.append(watcher.tally.seconds_left()))
    scripted_search(events, n_trials=2)
    known = [estimate is not None for estimate in estimates]
    assert known[:2] == [False, False], "no two batches are known"
    assert known[2:] == [True] * len(known[2:])
    assert estimates[-1] == 0.0


def test_why_a_trial_has_no_value_is_said_of_each_objective_and_its_cost_is_kept(scripted_search):
    events = {0: [ends(nan, nan, no_value={"worth": "nothing was traded"})], 1: [ends(0.5, float("inf"))]}
    _, _, _, trials = scripted_search(events, n_trials=2, goals=("worth", "size"))
    assert trials[0].user_attrs[REASON] == (
        "worth has no value: nothing was traded, size has no value: it is not finite: nan"
    )
    assert trials[1].user_attrs[REASON] == "size has no value: it is not finite: inf"
    assert {tuple(trial.user_attrs[COST].items()) for trial in trials.values()} == {(("epochs", 1.0),)}


def test_what_a_trial_over_a_limit_had_reached_is_kept(scripted_search):
    events = {0: [lambda slot: OverLimit(slot, "it is too large", report(2.0))]}
    _, watcher, _, trials = scripted_search(events, n_trials=1)
    assert trials[0].state == TrialState.PRUNED
    assert (trials[0].value, trials[0].user_attrs[COST]) == (2.0, {"epochs": 1.0})
    assert watcher.tally.best is None


def test_of_several_objectives_the_first_one_s_best_is_counted(scripted_search):
    _, watcher, _, trials = scripted_search(
        {0: [ends(0.5, 3.0)], 1: [ends(0.25, 7.0)]}, n_trials=2, goals=("worth", "size")
    )
    assert watcher.tally.best == 0.5
    assert [trials[slot].values for slot in (0, 1)] == [[0.5, 3.0], [0.25, 7.0]]


def test_a_report_of_more_values_than_objectives_is_refused(scripted_search):
    with pytest.raises(ValueError, match="argument 2 is longer"):
        scripted_search({0: [ends(0.5, 3.0)]}, n_trials=1)


def test_a_resumed_search_counts_what_was_there_and_only_runs_the_rest(scripted_search):
    scripted_search({0: [ends(7.0)], 1: [ends(2.0, pruned=True)], 2: [fails("it broke")], 3: [ends(3.0)]}, n_trials=4)
    spent, watcher, executor, _ = scripted_search({4: [ends(2.0)]}, n_trials=5, set_aside={0})
    tally = watcher.tally
    assert spent
    assert executor.submitted == [4]
    assert (tally.budget, tally.resumed, tally.finished, tally.pruned, tally.failed) == (5, 4, 5, 1, 1)
    assert tally.best == 3.0  # of those that are not set aside
    assert tally.first_failure is None  # of this run
    assert watcher.best == [False]
    spent, watcher, executor, _ = scripted_search({}, n_trials=5)
    assert spent
    assert executor.submitted == []
    assert (watcher.tally.finished, watcher.tally.best) == (5, 7.0)


def test_a_search_whose_time_is_over_says_that_budget_is_left(scripted_search):
    spent, watcher, executor, _ = scripted_search({}, n_trials=3, timeout_minutes=1e-9)
    assert not spent
    assert executor.submitted == []
    assert watcher.tally.finished == 0


# Reports on the way


class ThirdPrunes(NoneConfig):
    """Prunes a trial at its third step."""

    def make(self, max_epochs):
        class Third:
            def prune(self, study, trial):
                return max(trial.intermediate_values) == 3

        return Third()


def reports(value, step):
    return lambda slot: Reported(slot, report(value, step=step))


def test_the_pruner_answers_each_report_and_sees_finite_values_alone(scripted_search):
    on_the_way = [reports(0.1, 1), reports(nan, 2), reports(0.3, 3)]
    events = {0: [*on_the_way, ends(0.3, pruned=True, step=3)], 1: [reports(0.1, 1), ends(0.2, step=2)]}
    _, watcher, executor, trials = scripted_search(events, n_trials=2, pruner=ThirdPrunes())
    assert executor.answers == [(0, False), (0, False), (0, True), (1, False)]
    assert trials[0].intermediate_values == {1: 0.1, 3: 0.3}
    assert trials[1].intermediate_values == {1: 0.1, 2: 0.2}  # the end is the last report
    assert watcher.tally.pruned == 1


# Workers that die


def test_a_slot_on_which_too_many_workers_were_lost_fails_and_the_search_goes_on(scripted_search):
    lost = [loses("timed out")] * MAX_LOSSES + [loses("killed by signal 9")]
    spent, watcher, executor, trials = scripted_search({0: lost, 1: [ends(1.0)]}, n_trials=2)
    assert spent
    assert executor.submitted == [0] * (MAX_LOSSES + 1) + [1]
    assert trials[0].state == TrialState.FAIL
    assert trials[0].user_attrs[REASON] == "3 workers were lost on it, the last killed by signal 9"
    assert trials[0].user_attrs[LOST] == 3
    assert (watcher.tally.finished, watcher.tally.failed, watcher.tally.best) == (2, 1, 1.0)


def test_a_worker_that_was_never_ready_is_no_loss_of_its_slot(scripted_search):
    _, watcher, _, trials = scripted_search({0: [NEVER_READY] * MAX_DEATHS + [ends(1.0)]}, n_trials=1)
    assert LOST not in trials[0].user_attrs
    assert (watcher.tally.finished, watcher.tally.failed) == (1, 0)


def test_deaths_are_in_a_row_only_until_a_trial_ends(scripted_search):
    dies = [NEVER_READY] * MAX_DEATHS
    spent, *_ = scripted_search(
        {0: [*dies, ends(1.0)], 1: [*dies, fails("it broke")], 2: [*dies, ends(1.0)]}, n_trials=3
    )
    assert spent
    with pytest.raises(WorkersDieError, match=f"^{MAX_DEATHS + 1} workers were lost in a row, the last killed"):
        scripted_search({3: [*dies, NEVER_READY]}, n_trials=4)


def test_a_search_ends_where_no_worker_can_begin_and_its_slot_waits_for_the_next(scripted_search):
    with pytest.raises(WorkersDieError, match=r"^No worker can begin: no memory$"):
        scripted_search({0: [lambda slot: CannotBegin("no memory")]}, n_trials=1)
    spent, _, executor, trials = scripted_search({0: [ends(1.0)]}, n_trials=1)
    assert spent
    assert executor.submitted == [0]
    assert [trial.number for trial in trials.values()] == [0]


# Batches


def test_a_batch_is_of_neighbours_and_the_last_one_may_be_smaller(scripted_search):
    _, _, executor, _ = scripted_search({}, n_trials=5, candidates_per_batch=2)
    assert executor.batches == [[0, 1], [2, 3], [4]]


def test_a_slot_on_which_a_worker_was_lost_runs_alone(scripted_search):
    lost = loses("killed by signal 9")
    _, _, executor, _ = scripted_search({0: [lost], 1: [lost]}, n_trials=4, candidates_per_batch=2)
    assert executor.batches == [[0, 1], [0], [1], [2, 3]]


def test_a_batch_that_was_put_back_runs_together_again(scripted_search):
    put_back = {0: [Cancelled], 1: [Cancelled]}
    _, _, executor, _ = scripted_search(put_back, n_trials=2, candidates_per_batch=2)
    assert executor.batches == [[0, 1], [0, 1]]
