"""A worker that makes no batch for long is taken for hung, but not one whose parent was away itself."""

import os
import signal
import threading
import time
from ctypes import c_double

import pytest
from optuna.trial import TrialState

from trading_hpo.engine.executor import heartbeat
from trading_hpo.engine.executor.heartbeat import AwakeClock, Silence, beating
from trading_hpo.engine.executor.processes import ProcessExecutor
from trading_hpo.study.reference import StudyRef
from trading_hpo.training.config import TrainingConfig


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test sets itself."""

    class Seconds:
        now = 1000.0

        def monotonic(self):
            return self.now

    seconds = Seconds()
    monkeypatch.setattr(heartbeat, "time", seconds)
    return seconds


def test_a_beat_is_renewed_once_a_second_however_often_it_is_asked(clock):
    beat, seen = c_double(0.0), set()
    asked = beating(beat, lambda: False)
    for _ in range(100):
        clock.now += 0.1
        assert asked() is False
        seen.add(beat.value)
    assert 9 <= len(seen) <= 11


def test_asking_says_what_it_was_asked():
    assert beating(c_double(0.0), lambda: True)() is True


def test_silence_lasts_from_the_last_beat_or_word(clock):
    beat = c_double(0.0)
    silence = Silence(beat)
    silence.broken(10.0)
    assert silence.lasts(25.0) == 15.0
    beat.value = 1.0
    assert silence.lasts(30.0) == 0.0
    assert silence.lasts(31.0) == 1.0


def test_the_clock_stands_still_while_its_process_does(clock):
    awake = AwakeClock()
    for _ in range(10):
        clock.now += 0.5
        awake.now()
    clock.now += 7200  # stopped, with all its workers
    assert awake.now() == 5.0 + heartbeat.LONGEST_GAP_S


LONG = TrainingConfig(epochs=60, window_bars=2, max_windows_per_epoch=None)
OPTIONS = {"n_trials": 3, "training": LONG, "custom_search_spaces": {"common": {"early_stopping_patience": 1000}}}


def values(storage):
    trials = StudyRef("study", storage).open().trials
    return [(t.number, t.state, t.value, t.params, t.intermediate_values) for t in trials]


@pytest.mark.slow
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
    # Longer than a busy machine leaves a worker without its turn.
    hurt = search(**OPTIONS, limits={"worker_silence_minutes": 5 / 60})
    stopper.join()
    assert len(started) == 2
    assert any(refused)
    assert all(not worker.process.is_alive() for worker in started)
    trials = StudyRef("study", hurt).open().trials
    assert trials[0].user_attrs["lost"] == 1
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert values(hurt) == values(search(**OPTIONS, file="whole.db"))
