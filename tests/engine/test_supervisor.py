"""What the supervisor makes of events, how it counts them, and what it learns of other searches."""

import json
from contextlib import contextmanager
from math import nan

import optuna
import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from trading_hpo.engine import supervisor as module
from trading_hpo.engine.candidate import Report
from trading_hpo.engine.config import Goal, SearchPlan
from trading_hpo.engine.executor.executor import Cancelled, CannotBegin, Failed, Finished, Lost, OverLimit, Reported
from trading_hpo.engine.pruners.none import NoneConfig
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.space import FloatParameter
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.supervisor import MAX_DEATHS, MAX_LOSSES, Supervisor, WorkersDieError
from trading_hpo.engine.trial_record import COST, LOST, REASON, SLOT, STARTED_FROM
from trading_hpo.study import search as search_module
from trading_hpo.study.reference import StudyRef

SPACE = {"x": FloatParameter(type="float", low=0.0, high=1.0)}


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


# A search whose one worker sends what is written down for each slot


class Scripted:
    """Runs a candidate at a time; at each poll it sends the next event of its slot, or a value of 0.

    Args:
        events: By slot, made of the slot.
    """

    def __init__(self, events):
        self.events = {slot: list(made) for slot, made in events.items()}
        self.running, self.submitted, self.answers, self.cancelled = None, [], [], False

    @property
    def n_free(self):
        return int(self.running is None)

    def submit(self, batch):
        (candidate,) = batch
        self.running = candidate.slot
        self.submitted.append(candidate.slot)

    def poll(self, timeout_s):
        if self.running is None:
            return []
        left = self.events.get(self.running)
        event = Cancelled(self.running) if self.cancelled else (left.pop(0) if left else ends(0.0))(self.running)
        if not isinstance(event, Reported | CannotBegin):
            self.running = None
        return [event]

    def answer(self, slot, prune):
        self.answers.append((slot, prune))

    def cancel(self):
        self.cancelled = True

    def close(self): ...


class Watcher:
    """Writes down whether each end was the best, and for how many trials of others the search waits."""

    def __init__(self):
        self.tally, self.best, self.waits = None, [], []

    @contextmanager
    def watching(self, tally):
        self.tally = tally
        yield

    def refresh(self): ...

    def trial_ended(self, is_best):
        self.best.append(is_best)

    def waits_for_others(self, n_trials):
        self.waits.append(n_trials)


class Others:
    """Claims of a study that others search too.

    Args:
        theirs: Slots that they have.
    """

    shared = True

    def __init__(self, theirs=()):
        self.theirs, self.released = set(theirs), []

    def take(self, slot, begun=False):
        return slot not in self.theirs

    def release(self, slot):
        self.released.append(slot)

    def keep(self): ...


def report(*values, step=1, **more):
    return Report(values, step, values, finished=True, cost={"epochs": 1.0}, **more)


def ends(*values, pruned=False, **more):
    return lambda slot: Finished(slot, report(*values, **more), pruned)


def fails(reason):
    return lambda slot: Failed(slot, reason)


def loses(how, had_begun=True):
    return lambda slot: Lost((slot,), how, had_begun)


NEVER_READY = loses("killed by signal 9", had_begun=False)


@pytest.fixture
def search(tmp_path):
    """Search a study with a scripted worker: whether all is spent, the watcher, the executor, the trials by slot."""

    def run(
        events,
        n_trials,
        goals=("worth",),
        stored_as=StoredStudy,
        pruner=None,
        timeout_minutes=None,
        claims=None,
        set_aside=(),
        start_from=(),
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}").open()
        study = optuna.create_study(
            storage=storage, study_name="study", directions=["maximize"] * len(goals), load_if_exists=True
        )
        plan = SearchPlan(
            n_trials,
            tuple(Goal(name, "maximize") for name in goals),
            3,
            SAMPLERS["random"](),
            pruner or NoneConfig(),
            timeout_minutes=timeout_minutes,
            start_from=start_from,
        )
        executor, watcher = Scripted(events), Watcher()
        stored = stored_as(study, storage)
        spent = Supervisor(stored, SPACE, plan, executor, watcher, claims, set_aside=set_aside).run()
        return spent, watcher, executor, {trial.user_attrs[SLOT]: trial for trial in study.get_trials()}

    return run


# Counts


def test_every_end_is_counted_by_its_kind_and_the_best_keeps_its_bounds(search):
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
    spent, watcher, _, trials = search(events, n_trials=9)
    tally = watcher.tally
    assert spent
    assert (tally.finished, tally.resumed, tally.pruned, tally.failed, tally.best) == (9, 0, 2, 3, 2.0)
    assert tally.first_failure == "it broke"
    assert [slot for slot, is_best in enumerate(watcher.best) if is_best] == [0, 7]
    assert len(watcher.best) == 9
    letters = "".join(trials[slot].state.name[0] for slot in range(9))
    assert letters == "CPFFPFCCC"
    assert [trials[slot].user_attrs.get(REASON) for slot in (2, 4)] == ["it broke", "it is too large"]


def test_why_a_trial_has_no_value_is_said_of_each_objective_and_its_cost_is_kept(search):
    events = {0: [ends(nan, nan, no_value={"worth": "nothing was traded"})], 1: [ends(0.5, float("inf"))]}
    _, _, _, trials = search(events, n_trials=2, goals=("worth", "size"))
    assert trials[0].user_attrs[REASON] == (
        "worth has no value: nothing was traded, size has no value: it is not finite: nan"
    )
    assert trials[1].user_attrs[REASON] == "size has no value: it is not finite: inf"
    assert {tuple(trial.user_attrs[COST].items()) for trial in trials.values()} == {(("epochs", 1.0),)}


def test_what_a_trial_over_a_limit_had_reached_is_kept(search):
    events = {0: [lambda slot: OverLimit(slot, "it is too large", report(2.0))]}
    _, watcher, _, trials = search(events, n_trials=1)
    assert trials[0].state == TrialState.PRUNED
    assert (trials[0].value, trials[0].user_attrs[COST]) == (2.0, {"epochs": 1.0})
    assert watcher.tally.best is None


def test_of_several_objectives_the_first_one_s_best_is_counted(search):
    _, watcher, _, trials = search({0: [ends(0.5, 3.0)], 1: [ends(0.25, 7.0)]}, n_trials=2, goals=("worth", "size"))
    assert watcher.tally.best == 0.5
    assert [trials[slot].values for slot in (0, 1)] == [[0.5, 3.0], [0.25, 7.0]]


def test_a_report_of_more_values_than_objectives_is_refused(search):
    with pytest.raises(ValueError, match="argument 2 is longer"):
        search({0: [ends(0.5, 3.0)]}, n_trials=1)


def test_a_resumed_search_counts_what_was_there_and_only_runs_the_rest(search):
    search({0: [ends(7.0)], 1: [ends(2.0, pruned=True)], 2: [fails("it broke")], 3: [ends(3.0)]}, n_trials=4)
    spent, watcher, executor, _ = search({4: [ends(2.0)]}, n_trials=5, set_aside={0})
    tally = watcher.tally
    assert spent
    assert executor.submitted == [4]
    assert (tally.budget, tally.resumed, tally.finished, tally.pruned, tally.failed) == (5, 4, 5, 1, 1)
    assert tally.best == 3.0  # of those that are not set aside
    assert tally.first_failure is None  # of this run
    assert watcher.best == [False]
    spent, watcher, executor, _ = search({}, n_trials=5)
    assert spent
    assert executor.submitted == []
    assert (watcher.tally.finished, watcher.tally.best) == (5, 7.0)


def test_a_search_whose_time_is_over_says_that_budget_is_left(search):
    spent, watcher, executor, _ = search({}, n_trials=3, timeout_minutes=1e-9)
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


def test_the_pruner_answers_each_report_and_sees_finite_values_alone(search):
    on_the_way = [reports(0.1, 1), reports(nan, 2), reports(0.3, 3)]
    events = {0: [*on_the_way, ends(0.3, pruned=True, step=3)], 1: [reports(0.1, 1), ends(0.2, step=2)]}
    _, watcher, executor, trials = search(events, n_trials=2, pruner=ThirdPrunes())
    assert executor.answers == [(0, False), (0, False), (0, True), (1, False)]
    assert trials[0].intermediate_values == {1: 0.1, 3: 0.3}
    assert trials[1].intermediate_values == {1: 0.1, 2: 0.2}  # the end is the last report
    assert watcher.tally.pruned == 1


# Workers that die


def test_a_slot_on_which_too_many_workers_were_lost_fails_and_the_search_goes_on(search):
    lost = [loses("timed out")] * MAX_LOSSES + [loses("killed by signal 9")]
    spent, watcher, executor, trials = search({0: lost, 1: [ends(1.0)]}, n_trials=2)
    assert spent
    assert executor.submitted == [0] * (MAX_LOSSES + 1) + [1]
    assert trials[0].state == TrialState.FAIL
    assert trials[0].user_attrs[REASON] == "3 workers were lost on it, the last killed by signal 9"
    assert trials[0].user_attrs[LOST] == 3
    assert (watcher.tally.finished, watcher.tally.failed, watcher.tally.best) == (2, 1, 1.0)


def test_a_worker_that_was_never_ready_is_no_loss_of_its_slot(search):
    _, watcher, _, trials = search({0: [NEVER_READY] * MAX_DEATHS + [ends(1.0)]}, n_trials=1)
    assert LOST not in trials[0].user_attrs
    assert (watcher.tally.finished, watcher.tally.failed) == (1, 0)


def test_deaths_are_in_a_row_only_until_a_trial_ends(search):
    dies = [NEVER_READY] * MAX_DEATHS
    spent, *_ = search({0: [*dies, ends(1.0)], 1: [*dies, fails("it broke")], 2: [*dies, ends(1.0)]}, n_trials=3)
    assert spent
    with pytest.raises(WorkersDieError, match=f"^{MAX_DEATHS + 1} workers were lost in a row, the last killed"):
        search({3: [*dies, NEVER_READY]}, n_trials=4)


def test_a_search_ends_where_no_worker_can_begin_and_its_slot_waits_for_the_next(search):
    with pytest.raises(WorkersDieError, match=r"^No worker can begin: no memory$"):
        search({0: [lambda slot: CannotBegin("no memory")]}, n_trials=1)
    spent, _, executor, trials = search({0: [ends(1.0)]}, n_trials=1)
    assert spent
    assert executor.submitted == [0]
    assert [trial.number for trial in trials.values()] == [0]


# Other searches of the same study


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


def test_what_others_have_ended_is_counted_and_not_run_again(search):
    def work(study, left):
        for act in (ended(0, 5.0), begins(1, TrialState.PRUNED), begins(3, TrialState.FAIL)):
            act(study, left)

    spent, watcher, executor, _ = search({2: [ends(4.0)]}, n_trials=4, stored_as=shared(work), claims=Others())
    assert spent
    assert executor.submitted == [2]
    assert (watcher.tally.finished, watcher.tally.pruned, watcher.tally.failed) == (4, 1, 1)
    assert watcher.tally.best == 5.0
    assert watcher.best == [False]  # of our own ends alone


def test_the_best_of_others_keeps_its_bounds_too(search):
    over = begins(0, TrialState.COMPLETE, 5.0, violation=0.5)
    _, watcher, *_ = search({1: [ends(4.0)]}, n_trials=2, stored_as=shared(over), claims=Others())
    assert (watcher.tally.finished, watcher.tally.best) == (2, 4.0)


def test_a_slot_that_others_have_ended_while_it_was_taken_is_released(search):
    claims = Others()
    _, watcher, executor, _ = search({1: [ends(4.0)]}, 2, stored_as=shared(nothing, ended(0, 5.0)), claims=claims)
    assert executor.submitted == [1]
    assert claims.released == [0, 1]
    assert watcher.tally.finished == 2


def test_the_search_waits_for_what_others_train_and_says_so_once(search, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    study = shared(begins(0), *[nothing] * 4, ends_begun(0, 5.0))
    spent, watcher, executor, _ = search({1: [ends(4.0)]}, 2, stored_as=study, claims=Others(theirs={0}))
    assert spent
    assert executor.submitted == [1]
    assert watcher.waits == [1]
    assert (watcher.tally.finished, watcher.tally.best) == (2, 5.0)


def test_a_slot_that_others_have_begun_is_run_with_their_parameters_once_it_is_ours(search):
    _, watcher, executor, trials = search({}, n_trials=2, stored_as=shared(begins(0)), claims=Others())
    assert executor.submitted == [0, 1]
    assert watcher.tally.finished == 2
    assert trials[0].params == {"x": 0.5}


def test_an_end_of_a_slot_that_was_left_to_others_counts_once_as_theirs(search):
    def leave(study, left):
        left.add(0)
        ended(0, 5.0)(study, left)

    study = shared(*[nothing] * 3, leave)
    spent, watcher, executor, _ = search({0: [ends(9.0)]}, n_trials=2, stored_as=study, claims=Others())
    assert spent
    assert executor.submitted == [0, 1]
    assert watcher.best == [True, False]
    assert watcher.tally.finished == 2


@pytest.mark.parametrize("event", [ends(9.0), loses("killed by signal 9")])
def test_what_happens_on_a_slot_that_is_others_does_not_count(search, event):
    class Theirs(shared(nothing, nothing, ended(0, 5.0))):
        def left_to_others(self, slot):
            return slot == 0

    claims = Others()
    spent, watcher, executor, _ = search({0: [event]}, n_trials=2, stored_as=Theirs, claims=claims)
    assert spent
    assert executor.submitted == [0, 1]
    assert (watcher.tally.finished, watcher.tally.best, watcher.best) == (2, 5.0, [False])
    assert claims.released == [0, 1]


def test_a_configuration_to_start_from_that_others_have_begun_is_crossed_out(search, monkeypatch):
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)
    start_from = ({"x": 0.5}, {"x": 0.25})
    theirs = begins(0, **{STARTED_FROM: json.dumps(start_from[0])})
    claims = Others(theirs={0})
    _, _, executor, trials = search(
        {},
        n_trials=2,
        stored_as=shared(theirs, *[nothing] * 4, ends_begun(0, 5.0)),
        claims=claims,
        start_from=start_from,
    )
    assert executor.submitted == [1]
    assert trials[1].params == {"x": 0.25}


def test_a_search_that_shares_its_study_with_none_asks_for_no_news(search):
    class Alone(StoredStudy):
        def news(self):
            raise AssertionError

    spent, *_ = search({}, n_trials=2, stored_as=Alone)
    assert spent
