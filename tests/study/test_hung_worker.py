"""A worker that hangs, in a real search."""

import os
import signal
import threading
import time

import pytest
from optuna.trial import TrialState

from trading_hpo.engine.executor.processes import ProcessExecutor
from trading_hpo.study.reference import StudyRef
from trading_hpo.training.config import TrainingConfig

LONG = TrainingConfig(epochs=60, window_bars=2, max_windows_per_epoch=None)
OPTIONS = {"n_trials": 3, "training": LONG, "custom_search_spaces": {"common": {"early_stopping_patience": 1000}}}


def values(storage):
    trials = StudyRef("study", storage).open().trials
    return [(t.number, t.state, t.value, t.params, t.intermediate_values) for t in trials]


@pytest.mark.slow
@pytest.mark.long(part="faults")
def test_a_stopped_worker_loses_its_slot_and_is_used_again_once_it_wakes(search, monkeypatch):
    started, refused, pids = [], [], []
    real, receive = ProcessExecutor._start_worker, ProcessExecutor._receive_late

    def noted(executor):
        worker = real(executor)
        started.append(worker)
        return worker

    def received(executor, worker):
        receive(executor, worker)
        refused.append(worker in executor._idle)

    monkeypatch.setattr(ProcessExecutor, "_start_worker", noted)
    monkeypatch.setattr(ProcessExecutor, "_receive_late", received)

    def stop_the_first():
        while not (started and started[0].ready):
            time.sleep(0.01)
        pids.append(started[0].process.pid)
        os.kill(pids[0], signal.SIGSTOP)
        while len(started) < 2 or not started[1].ready:
            time.sleep(0.01)
        os.kill(pids[0], signal.SIGCONT)

    stopper = threading.Thread(target=stop_the_first)
    stopper.start()
    # Longer than a busy machine leaves most workers without their turn; where it does not, more of them are started.
    hurt = search(**OPTIONS, limits={"worker_silence_minutes": 10 / 60})
    stopper.join()
    assert len(started) >= 2
    assert any(refused)
    assert all(not worker.process.is_alive() for worker in started)
    trials = StudyRef("study", hurt).open().trials
    assert trials[0].user_attrs["lost"] >= 1
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert values(hurt) == values(search(**OPTIONS, file="whole.db"))
