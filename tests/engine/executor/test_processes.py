"""Workers are real processes: what becomes of a search when their server dies, or they cannot begin."""

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing import forkserver

import psutil
import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState
from tests.makers.processes import wait_until
from tests.makers.trials import CountedTrials, TakesMemoryToRead, cannot_begin, only_one_begins

from trading_hpo.engine import supervisor
from trading_hpo.engine.candidate import Candidate
from trading_hpo.engine.executor.executor import Asked, Finished, Planned, Reported
from trading_hpo.engine.executor.processes import ProcessExecutor, WorkerStartError
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.supervisor import WorkersDieError
from trading_hpo.study.reference import StudyRef


@pytest.fixture
def storage(tmp_path):
    return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")


def server() -> int | None:
    pid: int | None = forkserver._forkserver._forkserver_pid
    return pid


@contextmanager
def servers_are_killed(times: int) -> Iterator[list[int]]:
    """Kill the server that workers are forked from as soon as it is there, so often; then let it live."""
    over, killed = threading.Event(), []

    def kill() -> None:
        while len(killed) < times and not over.wait(0.001):
            if (pid := server()) is not None and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def states(storage: StudyStorage) -> list[TrialState]:
    return [trial.state for trial in StudyRef("study", storage).open().trials]


def no_worker_is_left() -> bool:
    return not multiprocessing.active_children()


def test_a_server_killed_while_a_worker_starts_costs_nothing(storage):
    with servers_are_killed(2) as killed:
        short_search("study", ShortTrials(reports=1), n_trials=3).run(storage)
    assert len(killed) == 2
    assert states(storage) == [TrialState.COMPLETE] * 3
    assert no_worker_is_left()


@pytest.mark.long(part="faults")
def test_a_server_that_always_dies_ends_the_search_with_one_message_and_the_next_goes_on(storage):
    search = short_search("study", ShortTrials(reports=1), n_trials=3)
    with servers_are_killed(1000) as killed, pytest.raises(WorkerStartError, match=r"times the process .* has died"):
        search.run(storage)
    assert len(killed) >= 2
    assert TrialState.RUNNING not in states(storage)
    assert no_worker_is_left()
    search.run(storage)
    assert states(storage) == [TrialState.COMPLETE] * 3


def test_workers_of_a_dead_server_end_with_the_executor():
    executor = ProcessExecutor(partial(ShortTrials, reports=1000, seconds=600), 2, 600)
    executor.submit([Candidate(0, {f"p{number}": 0.5 for number in range(15)})])
    executor.poll(60)  # it is ready
    (worker,) = executor._busy
    pid, before = worker.process.pid, server()
    assert pid is not None
    assert before is not None
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(before) or psutil.Process(before).status() == psutil.STATUS_ZOMBIE)
    executor.submit([Candidate(1, {f"p{number}": 0.5 for number in range(15)})])
    assert server() not in (None, before)
    assert psutil.pid_exists(pid)
    executor.close()
    wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, timeout_s=20)


def test_what_keeps_workers_from_beginning_is_said_once(storage, capfd):
    search = short_search("study", ShortTrials(reports=1), n_trials=3, workers=2)
    with pytest.raises(WorkersDieError, match=r"No worker can begin: the panel was removed\. Run again\."):
        replace(search, make=cannot_begin).run(storage)
    assert "Traceback" not in capfd.readouterr().err
    assert TrialState.RUNNING not in states(storage)
    assert no_worker_is_left()
    search.run(storage)
    assert states(storage) == [TrialState.COMPLETE] * 3


def test_a_worker_without_memory_to_begin_says_so(storage, monkeypatch):
    real = ProcessExecutor._start_worker

    def without_memory(executor):
        worker = real(executor)
        assert worker.process.pid is not None
        limit = psutil.Process(worker.process.pid).memory_info().vms + 2**30
        resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (limit, limit))
        return worker

    monkeypatch.setattr(ProcessExecutor, "_start_worker", without_memory)
    search = short_search("study", ShortTrials(reports=1), n_trials=2)
    monkeypatch.setattr(supervisor, "MAX_DEATHS", 1)
    said = r"2 workers were lost in a row, the last could not begin: out of memory \(MemoryError\)\. Fewer hpo.workers"
    with pytest.raises(WorkersDieError, match=said):
        replace(search, make=partial(cannot_begin, takes_gb=8)).run(storage)
    assert TrialState.RUNNING not in states(storage)
    assert no_worker_is_left()


def test_a_worker_without_memory_to_read_its_task_says_so(storage, monkeypatch, capfd):
    monkeypatch.setattr(supervisor, "MAX_DEATHS", 1)
    search = short_search("study", ShortTrials(reports=1), n_trials=2)
    with pytest.raises(WorkersDieError, match=r"the last could not begin: out of memory \(MemoryError\)"):
        replace(search, make=TakesMemoryToRead()).run(storage)
    assert "Traceback" not in capfd.readouterr().err
    assert no_worker_is_left()


def test_a_search_goes_on_with_the_workers_that_found_memory_to_begin(storage, tmp_path, caplog):
    search = short_search("study", ShortTrials(reports=3), n_trials=4, workers=2)
    replace(search, make=partial(only_one_begins, tmp_path / "first")).run(storage)
    assert states(storage) == [TrialState.COMPLETE] * 4
    assert not any(
        "workers were lost" in trial.user_attrs.get("reason", "") for trial in StudyRef("study", storage).open().trials
    )
    assert "could not begin: out of memory (MemoryError)" in caplog.text
    assert no_worker_is_left()


def test_a_worker_says_what_a_candidate_takes_and_how_far_it_is():
    executor = ProcessExecutor(CountedTrials, workers=1, silence_s=60)
    try:
        for slot in range(2):  # the second begins with what the first has counted
            executor.submit([Candidate(slot, {})])
            events = []
            while not events or not isinstance(events[-1], Finished):
                events += executor.poll(0.1)
                if events and isinstance(events[-1], Reported):
                    executor.answer(slot, prune=False)
            assert [event for event in events if isinstance(event, Planned)] == [
                Planned(slot, CountedTrials().outlook(Candidate(slot, {})))
            ]
            asked = [event.times for event in events if isinstance(event, Asked)]
            assert asked == sorted(asked)
            assert (asked[0], asked[-1]) < (5, 20) <= (5, asked[-1])
            assert len(set(asked)) > 5
            (reported,) = [place for place, event in enumerate(events) if isinstance(event, Reported)]
            assert events[reported - 1] == Asked(slot, 10), "up to the report"
    finally:
        executor.close()
