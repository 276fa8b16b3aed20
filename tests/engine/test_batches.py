"""Candidates that are evaluated together: whatever is interrupted, the search goes on as if it never was."""

from collections import deque
from contextlib import suppress

import optuna
import pytest
from optuna.trial import TrialState

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.config import Goal, SearchPlan
from trading_hpo.engine.executor.executor import Cancelled, Failed, Finished, Lost
from trading_hpo.engine.pruners.none import NoneConfig
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.space import FloatParameter
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.supervisor import Supervisor
from trading_hpo.engine.trial_record import LOST, REASON, SLOT
from trading_hpo.notifications import NotificationsConfig
from trading_hpo.study.progress import Progress

SPACE = {name: FloatParameter(type="float", low=0.0, high=1.0) for name in "xyz"}
SIZE = 4


class Stopped(BaseException):
    """Stands for a signal."""


class HereExecutor:
    """Evaluates in this process, a candidate at each poll: the last of a batch first.

    Args:
        n_workers: Batches at once.
        polls: Until the search is stopped.
        kill_at: Parameters ``x`` below this kill the worker.
        breaks_at: Those above this fail.
    """

    def __init__(self, n_workers=1, polls=None, kill_at=0.0, breaks_at=1.0):
        self.n_workers, self.polls, self.kill_at, self.breaks_at = n_workers, polls, kill_at, breaks_at
        self.running, self.batches = deque(), []

    @property
    def n_free(self):
        return self.n_workers - len(self.running)

    def submit(self, batch):
        self.batches.append([candidate.slot for candidate in batch])
        self.running.append(list(batch))

    def poll(self, timeout_s):
        if self.polls == 0:
            raise Stopped
        self.polls = None if self.polls is None else self.polls - 1
        batch = self.running.popleft()
        if any(candidate.parameters["x"] < self.kill_at for candidate in batch):
            return [Lost(tuple(candidate.slot for candidate in batch), "killed", had_begun=True)]
        candidate = batch.pop()
        if batch:
            self.running.append(batch)
        if candidate.parameters["x"] > self.breaks_at:
            return [Failed(candidate.slot, "it broke")]
        return [Finished(candidate.slot, worth_of(candidate), pruned=False)]

    def cancel(self):
        self.polls = None
        slots = [candidate.slot for batch in self.running for candidate in batch]
        self.running = deque()
        self.poll = lambda timeout_s: [Cancelled(slot) for slot in slots]

    def answer(self, slot, prune):
        raise AssertionError("candidates of a batch report nothing on the way")

    def close(self): ...


def worth_of(candidate):
    value = -sum((number - 0.3) ** 2 for number in candidate.parameters.values())
    return Report((value,), 1, (value,), finished=True, cost={"epochs": 1.0})


@pytest.fixture
def search(tmp_path):
    """Search a study, and return its trials by slot."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def run(name, executor, n_trials=14, sampler="tpe", seed=3):
        storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}").open()
        study = optuna.create_study(storage=storage, study_name=name, direction="maximize", load_if_exists=True)
        options = {"n_startup_trials": 5} if sampler == "tpe" else {}
        plan = SearchPlan(
            n_trials,
            (Goal("worth", "maximize"),),
            1,
            SAMPLERS[sampler](**options),
            NoneConfig(),
            seed,
            candidates_per_batch=SIZE,
        )
        supervisor = Supervisor(StoredStudy(study, storage), SPACE, plan, executor, Progress(NotificationsConfig()))
        with suppress(Stopped):
            supervisor.run()
        trials = study.get_trials()
        assert len({trial.user_attrs[SLOT] for trial in trials}) == len(trials)
        return {trial.user_attrs[SLOT]: trial for trial in trials}

    return run


def found(trials):
    return {slot: (trial.params, trial.values) for slot, trial in trials.items()}


def test_batches_are_aligned_to_slots(search):
    executor = HereExecutor()
    trials = search("a", executor)
    assert executor.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13]]
    assert sorted(trials) == list(range(14))
    assert all(trial.state == TrialState.COMPLETE for trial in trials.values())


def test_two_workers_share_the_budget(search):
    executor = HereExecutor(n_workers=2)
    assert sorted(search("a", executor)) == list(range(14))
    assert sorted(executor.batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13]]


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc", "nsga2"])
@pytest.mark.parametrize("polls", [1, 6, 11])
def test_a_stop_within_a_batch_changes_nothing(search, sampler, polls):
    uninterrupted = search("whole", HereExecutor(), sampler=sampler)
    stopped = search("stopped", HereExecutor(polls=polls), sampler=sampler)
    assert sum(trial.state == TrialState.COMPLETE for trial in stopped.values()) == polls
    assert found(search("stopped", HereExecutor(), sampler=sampler)) == found(uninterrupted)


@pytest.mark.parametrize("sampler", ["tpe", "cmaes"])
def test_a_budget_that_grows_within_a_batch_gives_what_it_would_have_given_at_once(search, sampler):
    search("grown", HereExecutor(), n_trials=6, sampler=sampler)
    grown = search("grown", HereExecutor(), n_trials=14, sampler=sampler)
    assert found(grown) == found(search("whole", HereExecutor(), n_trials=14, sampler=sampler))


def test_who_kills_a_worker_runs_alone_and_takes_no_other_with_it(search):
    calm = search("calm", HereExecutor(), sampler="random")
    executor = HereExecutor(kill_at=0.2)
    trials = search("killed", executor, sampler="random")
    killers = {slot for slot, trial in calm.items() if trial.params["x"] < 0.2}
    assert killers
    assert {slot for slot, trial in trials.items() if trial.state == TrialState.FAIL} == killers
    assert {trials[slot].user_attrs[LOST] for slot in killers} == {3}
    assert {slot: t.params for slot, t in trials.items()} == {slot: t.params for slot, t in calm.items()}
    of_killers = [batch for batch in executor.batches if killers & set(batch)]
    assert sorted(batch for batch in of_killers if len(batch) == 1) == sorted(
        [slot] for slot in killers for _ in range(2)
    )


def test_a_candidate_that_fails_leaves_the_others_of_its_batch(search):
    trials = search("a", HereExecutor(breaks_at=0.8), sampler="random")
    broken = {slot for slot, trial in trials.items() if trial.params["x"] > 0.8}
    assert broken
    assert {slot for slot, trial in trials.items() if trial.state == TrialState.FAIL} == broken
    assert {trials[slot].user_attrs[REASON] for slot in broken} == {"it broke"}
