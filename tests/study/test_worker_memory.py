"""A trial that takes more memory than its worker may fails with that reason, and the search goes on."""

import resource

import psutil
import pytest
from optuna.trial import TrialState

from trading_hpo.engine.executor.processes import ProcessExecutor
from trading_hpo.engine.trial_record import REASON
from trading_hpo.study.reference import StudyRef

pytestmark = [pytest.mark.slow, pytest.mark.long(part="faults")]


def test_a_trial_over_the_memory_of_its_worker_fails_with_the_reason_and_others_go_on(search, monkeypatch):
    real, pids = ProcessExecutor._start_worker, []

    def with_less_memory(executor):
        worker = real(executor)
        pids.append(worker.process.pid)
        assert worker.pipe.poll(120), "it is ready, with all libraries, once it has said something"
        limit = psutil.Process(pids[-1]).memory_info().vms + 400 * 2**20
        resource.prlimit(pids[-1], resource.RLIMIT_AS, (limit, limit))
        return worker

    monkeypatch.setattr(ProcessExecutor, "_start_worker", with_less_memory)
    wide = {"learning_rate": 0.01, "batch_size": 32, "hidden_dim_1": 8192, "hidden_dim_2": 8192}  # a GB
    widths = {"type": "int", "low": 4, "high": 8192, "log": True}
    storage = search(
        n_trials=3,
        sampler="random",
        start_from=(
            wide,
            {**wide, "hidden_dim_1": 8, "hidden_dim_2": 8},
            {**wide, "hidden_dim_1": 6, "hidden_dim_2": 8},
        ),
        custom_search_spaces={"mlp": {"hidden_dim_1": widths, "hidden_dim_2": widths}},
    )
    trials = StudyRef("study", storage).open().trials
    assert [trial.state for trial in trials] == [TrialState.FAIL, TrialState.COMPLETE, TrialState.COMPLETE]
    assert trials[0].user_attrs[REASON].startswith("out of memory (")
    assert "Fewer hpo.workers" in trials[0].user_attrs[REASON]
    assert len(pids) == 1, "the worker is used again"
