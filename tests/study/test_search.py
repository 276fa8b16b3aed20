"""The search as a whole: budget, resume, equality, workers."""

import math
import os
import signal
import sqlite3
import threading
from dataclasses import replace

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.makers.tasks import data_of

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine import supervisor
from trading_hpo.engine.executor.processes import ProcessExecutor
from trading_hpo.engine.proposer import Proposal
from trading_hpo.engine.pruners.registry import PRUNERS
from trading_hpo.engine.samplers.registry import SAMPLERS
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.stored_study import StoredStudy
from trading_hpo.engine.trial_record import REASON
from trading_hpo.errors import StorageError, StudyMismatchError
from trading_hpo.market.panel import open_panel, save_panel
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.nothing_found import nothing_found
from trading_hpo.study.phases import Phases
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.search import Search
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.training.config import TrainingConfig

TINY = TrainingConfig(epochs=1, window_bars=2, max_windows_per_epoch=64)


def finished(storage: StudyStorage, name: str = "study") -> list[tuple[object, ...]]:
    """Everything that must not differ between two runs of one search."""
    return [
        (trial.number, trial.user_attrs["slot"], trial.state, trial.value, trial.params, trial.intermediate_values)
        for trial in StudyRef(name, storage).open().get_trials(deepcopy=False)
    ]


def known_to(registry, name: str, **options: int) -> dict[str, object]:
    """The component with those of the options that it has."""
    return {"name": name} | {key: value for key, value in options.items() if key in registry[name].model_fields}


def test_a_search_spends_its_budget_exactly_and_loads_with_plain_optuna(search, tmp_path):
    search(n_trials=5)
    study = optuna.load_study(study_name="study", storage=f"sqlite:///{tmp_path / 'studies.db'}")
    assert [trial.number for trial in study.trials] == [0, 1, 2, 3, 4]
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials)
    assert study.best_value == max(trial.value for trial in study.trials)
    assert study.metric_names == ["mcc"]


@pytest.mark.parametrize(("task", "objective"), [("direction", "maximize mcc"), ("path", "minimize mape")])
def test_a_study_without_objectives_improves_the_one_of_its_task(tmp_path, task, objective):
    panel, split = data_of(task)
    save_panel(panel, tmp_path / "panel.safetensors")
    mapped, settings = open_panel(tmp_path / "panel.safetensors"), (SearchSpacesConfig(), TINY, BacktestConfig())
    search = Search.of("mlp", "study", mapped, split, *settings, HpoConfig())
    assert search.fingerprint["objectives"] == [objective]
    assert search.task.objectives == (objective.split()[1],)
    phases = {"phases": [{"name": "first", "n_trials": 1}, {"name": "second", "n_trials": 1}]}
    ref = StudyRef("study.mlp", StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}"), phases=("first", "second"))
    spaces, training, backtest = settings
    kinds = {"panel": mapped, "split": split, "spaces": spaces, "training": training, "backtest": backtest}
    both = Phases.of(ref, HpoConfig(**phases), **kinds).hpo.searches
    assert [own.improved for own in both] == [search.hpo.improved] * 2


def test_it_finds_the_planted_signal(search):
    study = StudyRef("study", search(n_trials=4)).open()
    assert study.best_value > 0.35  # three out of four follow: MCC 0.5 at best


def test_a_second_run_of_a_spent_budget_does_nothing(search):
    storage = search(n_trials=3)
    before = finished(storage)
    search(n_trials=3)
    assert finished(storage) == before


@pytest.mark.parametrize("pruner", [name for name in PRUNERS if PRUNERS[name].judges != "folds"])
def test_a_larger_budget_goes_on_and_equals_a_search_that_never_stopped(search, pruner):
    # Two random trials first: the rest is drawn from the model of what was found, and pruned against it.
    options = {
        "sampler": {"name": "tpe", "n_startup_trials": 2},
        "pruner": known_to(PRUNERS, pruner, n_startup_trials=1, n_warmup_epochs=0),
    }
    for n_trials in (3, 6):
        search(n_trials=n_trials, **options)
    resumed = search(n_trials=10, **options)
    whole = search(n_trials=10, file="whole.db", **options)
    assert finished(resumed) == finished(whole)


@pytest.mark.parametrize("pruner", ["none", "wilcoxon"])
def test_folds_one_after_another_resume_to_the_same_study_and_are_worth_what_they_are_side_by_side(search, pruner):
    options = {"fold_order": "sequential", "sampler": "random"}
    options["pruner"] = known_to(PRUNERS, pruner, n_startup_folds=0)
    search(n_trials=3, **options)
    resumed = search(n_trials=8, **options)
    whole = search(n_trials=8, file="whole.db", **options)
    side_by_side = search(n_trials=8, file="lockstep.db", sampler="random")
    assert finished(resumed) == finished(whole)
    worth = {trial.number: trial.value for trial in StudyRef("study", side_by_side).open().trials}
    for trial in StudyRef("study", whole).open().trials:
        assert list(trial.intermediate_values) == [1, 2][: len(trial.user_attrs["folds"])]
        if trial.state == TrialState.COMPLETE:
            assert trial.value == worth[trial.number]


GRID = {"common": {"learning_rate": {"type": "categorical", "choices": [0.001, 0.003, 0.01, 0.03]}}}
GRID |= {"mlp": {"hidden_dim_1": {"type": "int", "low": 4, "high": 8, "step": 4}, "hidden_dim_2": 8}}


@pytest.mark.parametrize("name", SAMPLERS)
def test_with_every_sampler_a_larger_budget_goes_on_and_equals_a_search_that_never_stopped(search, name):
    # Generations of four and two random trials first, so that all that learn have learned something by the end.
    sampler = known_to(SAMPLERS, name, n_startup_trials=2, population_size=4)
    options = {"sampler": sampler, "training": TINY, "custom_search_spaces": GRID if name == "grid" else {}}
    for n_trials in (3, 9):
        search(n_trials=n_trials, **options)
    resumed = search(n_trials=12, **options)
    whole = search(n_trials=12, file="whole.db", **options)
    assert len(finished(whole)) == 12
    assert finished(resumed) == finished(whole)


def test_a_grid_ends_when_every_combination_was_tried_once(search):
    storage = search(n_trials=100, sampler="grid", custom_search_spaces=GRID, training=TINY)
    tried = [tuple(trial.params.values()) for trial in StudyRef("study", storage).open().trials]
    assert len(tried) == len(set(tried)) == 4 * 2 * 2  # rates, widths, batch sizes


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_two_searches_with_one_seed_are_equal_and_another_seed_differs(search, sampler):
    options = {"n_trials": 4, "sampler": known_to(SAMPLERS, sampler, n_startup_trials=2)}
    first, second = search(**options), search(file="b.db", **options)
    third = search(file="c.db", seed=1, **options)
    assert finished(first) == finished(second)
    assert finished(first) != finished(third)


def test_slots_of_one_seed_do_not_repeat_parameters(search):
    storage = search(n_trials=6, sampler="random")
    rates = {trial.params["learning_rate"] for trial in StudyRef("study", storage).open().trials}
    assert len(rates) == 6


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_every_pruner_keeps_the_budget_exact(search, workers, pruner):
    storage = search(n_trials=8, workers=workers, pruner=known_to(PRUNERS, pruner, n_startup_trials=1))
    states = [trial.state for trial in StudyRef("study", storage).open().trials]
    assert len(states) == 8
    assert set(states) <= {TrialState.COMPLETE, TrialState.PRUNED}
    assert TrialState.PRUNED in states


def test_several_workers_give_the_same_value_for_the_same_parameters(search):
    one = StudyRef("study", search(n_trials=6, sampler="random")).open()
    two = StudyRef("study", search(n_trials=6, sampler="random", workers=2, file="two.db")).open()
    # Random search does not look at results, so slots agree whatever the order of completion.
    assert {t.number: (t.params, t.value) for t in one.trials} == {t.number: (t.params, t.value) for t in two.trials}


def test_a_study_made_under_other_conditions_is_refused_with_the_difference(search):
    search(n_trials=1)
    with pytest.raises(StudyMismatchError, match=r"seed: 0 -> 1") as refused:
        search(n_trials=1, seed=1)
    assert "hpo.study_name" in str(refused.value)
    with pytest.raises(StudyMismatchError, match=r"objectives: \['maximize mcc'\] -> \['maximize auc'\]"):
        search(n_trials=1, objectives=[{"metric": "auc"}])


def test_sampler_pruner_and_budget_may_change_between_runs(search):
    search(n_trials=2)
    storage = search(n_trials=4, sampler="random", pruner="hyperband", workers=2)
    assert len(finished(storage)) == 4


def test_a_trial_leaves_folds_metrics_and_cost(search):
    trial = StudyRef("study", search(n_trials=1)).open().best_trial
    folds = trial.user_attrs["folds"]
    assert [fold["fold"] for fold in folds] == [0, 1]
    assert trial.value == pytest.approx(sum(fold["metrics"]["mcc"] for fold in folds) / 2)
    assert trial.user_attrs["cost"]["epochs"] == sum(fold["epochs"] for fold in folds)
    assert trial.user_attrs["cost"]["model_size_mb"] > 0
    assert trial.last_step == max(fold["epochs"] for fold in folds)


def test_a_value_that_is_not_a_number_is_a_failure_with_its_reason_and_never_best(search, monkeypatch):
    finish = supervisor.Supervisor._finish

    def first_slot_is_worth_nothing(self, open_slot, event):
        worth_nothing = replace(event, report=replace(event.report, values=(math.nan,)))
        finish(self, open_slot, worth_nothing if open_slot.slot == 0 else event)

    monkeypatch.setattr(supervisor.Supervisor, "_finish", first_slot_is_worth_nothing)
    study = StudyRef("study", search(n_trials=3)).open()
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert study.trials[0].user_attrs[REASON] == "mcc has no value: it is not finite: nan"
    assert study.best_trial.number != 0


def test_a_trial_that_never_trades_says_of_which_folds_and_fails_if_that_was_asked_for(search):
    never = TINY.model_copy(update={"threshold": 0.9999})  # no probability is so high
    (kept,) = StudyRef("kept", search("kept", never, n_trials=1)).open().trials
    why = "nothing was traded"
    assert kept.state == TrialState.COMPLETE
    assert kept.user_attrs["no_value"]["sharpe"] == f"{why} (fold 0, 1)"
    assert kept.user_attrs["metrics"]["sharpe"] is None
    assert [fold["no_value"]["sharpe"] for fold in kept.user_attrs["folds"]] == [why, why]
    study = StudyRef("study", search("study", never, n_trials=2, objectives=[{"metric": "sharpe"}])).open()
    assert [trial.user_attrs[REASON] for trial in study.trials] == [f"sharpe has no value: {why} (fold 0, 1)"] * 2
    assert f"2 trials: sharpe has no value: {why} (fold 0, 1)" in nothing_found(study)


def test_a_slot_that_was_put_back_waits_while_the_budget_is_spent(search):
    storage = search(n_trials=3)
    ledger = StoredStudy(StudyRef("study", storage).open(), storage.open())
    proposal = Proposal({"learning_rate": 0.01}, {"learning_rate": FloatDistribution(1e-4, 1e-1, log=True)}, {})
    ledger.put_back(ledger.begin(3, proposal))
    search(n_trials=3)
    assert StudyRef("study", storage).open().trials[3].state == TrialState.WAITING


def test_the_time_limit_ends_the_search_and_leaves_nothing_running(search):
    search(n_trials=1)
    storage = search(n_trials=500, timeout_minutes=6 / 60)
    states = [trial.state for trial in StudyRef("study", storage).open().trials]
    assert 0 < states.count(TrialState.COMPLETE) < 500
    assert TrialState.RUNNING not in states


def test_a_study_is_searched_by_one_process_at_a_time(search, tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    with storage.exclusive("study"), pytest.raises(StorageError, match=f"process {os.getpid()}"):
        search(n_trials=1)
    search(n_trials=1)  # free again


def test_the_database_is_in_write_ahead_mode(search, tmp_path):
    search(n_trials=1)
    with sqlite3.connect(tmp_path / "studies.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_workers_that_never_come_up_cost_no_slot(search, monkeypatch):
    real = ProcessExecutor._start_worker

    def stillborn(executor):
        worker = real(executor)
        os.kill(worker.process.pid, signal.SIGKILL)
        return worker

    monkeypatch.setattr(ProcessExecutor, "_start_worker", stillborn)
    with pytest.raises(supervisor.WorkersDieError, match="10 workers were lost in a row"):
        search(n_trials=2)
    monkeypatch.undo()
    states = [trial.state for trial in StudyRef("study", search(n_trials=2)).open().trials]
    assert states == [TrialState.COMPLETE] * 2


def kill_workers(times: int, killed: list[int], stop: threading.Event) -> None:
    """Kill whichever worker runs, again and again."""
    while len(killed) < times and not stop.is_set():
        for worker in list(supervisor_workers()):
            if worker not in killed:
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
                if len(killed) == times:
                    return
        stop.wait(0.05)


def supervisor_workers() -> list[int]:
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]


@pytest.mark.slow
def test_killed_workers_cost_nothing_and_change_nothing(search):
    killed: list[int] = []
    stop = threading.Event()
    # Two at most: a third on one slot would set it aside, as it should.
    killer = threading.Thread(target=kill_workers, args=(2, killed, stop))
    killer.start()
    try:
        hurt = search(n_trials=6)
    finally:
        stop.set()
        killer.join()
    whole = search(n_trials=6, file="whole.db")
    assert len(killed) == 2
    assert finished(hurt) == finished(whole)
    assert {trial.state for trial in StudyRef("study", hurt).open().trials} == {TrialState.COMPLETE}


def test_a_slot_whose_workers_keep_dying_is_set_aside_with_its_reason(search, monkeypatch):
    real = ProcessExecutor._start_worker

    def dies_on_slot_zero(executor):
        worker = real(executor)
        send = worker.pipe.send

        class Pipe:
            """Kills the worker once it is up and has been given slot 0."""

            doomed = False

            def __getattr__(self, name):
                return getattr(worker_pipe, name)

            def send(self, message):
                send(message)
                Pipe.doomed = isinstance(message, list) and message[0].slot == 0

            def recv(self):
                message = worker_pipe.recv()
                if Pipe.doomed and message is None:
                    os.kill(worker.process.pid, signal.SIGKILL)
                return message

        worker_pipe = worker.pipe
        worker.pipe = Pipe()
        return worker

    monkeypatch.setattr(ProcessExecutor, "_start_worker", dies_on_slot_zero)
    trials = StudyRef("study", search(n_trials=3)).open().trials
    assert trials[0].state == TrialState.FAIL
    assert trials[0].user_attrs[REASON] == "3 workers were lost on it, the last killed by signal 9 (out of memory?)"
    assert [trial.state for trial in trials[1:]] == [TrialState.COMPLETE] * 2


def test_a_network_over_the_size_limit_is_given_up_before_it_is_trained(search):
    # Widths are 4 to 16: of such MLPs some take less than a kilobyte, others more.
    storage = search(n_trials=12, sampler="random", limits={"max_model_size_mb": 0.001})
    trials = StudyRef("study", storage).open().trials
    given_up = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert 0 < len(given_up) < len(trials)
    for trial in given_up:
        assert "hpo.limits.max_model_size_mb is 0.001" in trial.user_attrs[REASON]
        assert trial.value is None
        assert "cost" not in trial.user_attrs
    for trial in trials:
        if trial.state == TrialState.COMPLETE:
            assert trial.user_attrs["cost"]["model_size_mb"] <= 0.001


def test_a_trial_over_the_time_limit_is_given_up_within_its_epoch(search):
    endless = TrainingConfig(epochs=1_000_000, window_bars=2, max_windows_per_epoch=None)
    storage = search(
        n_trials=2,
        training=endless,
        limits={"max_training_time_minutes": 2 / 60},
        custom_search_spaces={"common": {"early_stopping_patience": 1_000_000}},
    )
    for trial in StudyRef("study", storage).open().trials:
        assert trial.state == TrialState.PRUNED
        assert "max_training_time_minutes" in trial.user_attrs[REASON]
        assert 0 < trial.user_attrs["cost"]["epochs"] < 1_000_000  # what it had reached is kept


@pytest.mark.parametrize("sampler", ["tpe", "qmc", "cmaes"])
def test_configurations_to_start_from_are_tried_first_and_resume(search, sampler):
    first = ({"learning_rate": 0.03, "batch_size": 64, "hidden_dim_1": 8, "hidden_dim_2": 8}, {"learning_rate": 0.001})
    options = {"start_from": first, "sampler": sampler, "training": TINY}
    search(n_trials=1, **options)
    resumed = search(n_trials=5, **options)
    assert finished(resumed) == finished(search(n_trials=5, file="whole.db", **options))
    trials = StudyRef("study", resumed).open().trials
    assert trials[0].params == first[0]
    assert trials[1].params["learning_rate"] == 0.001
    assert len({str(trial.params) for trial in trials}) == 5


def test_a_search_tells_of_its_start_of_what_is_better_of_every_few_trials_and_of_its_end(search, capfd):
    notify = {"dry_run": True, "every_n_trials": 2}
    search(n_trials=4, training=TINY, notifications=notify)
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("[notification] ")]
    kinds = [line.removeprefix("[notification] ").split()[0].rstrip(":") for line in told]
    assert kinds[0] == "started"
    assert kinds[1] == "better"  # the first complete trial
    assert kinds[-1] == "ended"
    assert "4/4 trials" in told[-1]
    search(n_trials=4, training=TINY, notifications=notify)
    assert "[notification]" not in capfd.readouterr().err  # nothing was done, nothing to tell


def test_configurations_to_start_from_that_come_later_are_tried_next_and_once(search):
    search(n_trials=2, training=TINY)
    later = ({"learning_rate": 0.0123}, {"learning_rate": 0.0321})
    for n_trials in (3, 6):
        storage = search(n_trials=n_trials, training=TINY, start_from=later)
    rates = [trial.params["learning_rate"] for trial in StudyRef("study", storage).open().trials]
    assert rates[2:4] == [0.0123, 0.0321]
    assert len(set(rates)) == 6


def test_every_trial_is_drawn_by_epoch_for_tensorboard_where_that_is_wanted(search, tmp_path):
    storage = search(n_trials=2, tensorboard=True)
    folder = tmp_path / "tensorboard/study"
    for trial in StudyRef("study", storage).open().trials:
        events = EventAccumulator(str(folder / f"{trial.number:05}"))
        events.Reload()
        drawn = [(event.step, event.value) for event in events.Scalars("validation/mcc")]
        assert drawn == [(step, pytest.approx(value, abs=1e-6)) for step, value in trial.intermediate_values.items()]
        assert len(events.Scalars("loss/train")) == len(drawn)


def test_nobody_asks_nothing_is_drawn(search, tmp_path):
    search(n_trials=1)
    assert not list(tmp_path.glob("tensorboard"))
