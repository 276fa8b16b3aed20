"""What the supervisor makes of events that come together."""

import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState

from trading_hpo.engine.executor.executor import Finished, Lost
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.supervisor import MAX_DEATHS, WorkersDieError
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
