"""A study is opened on a server that is away for a moment, or restarts while it is opened, as it is searched there."""

import logging
import threading
from dataclasses import replace

import pytest
from benchmarks.short_trials import ShortTrials, short_search
from optuna.trial import TrialState

from trading_hpo.engine.store import outage
from trading_hpo.errors import StorageError
from trading_hpo.study.reference import StudyRef

pytestmark = pytest.mark.slow


def states(storage, name):
    return [trial.state for trial in StudyRef(name, storage).open().trials]


@pytest.mark.long(part="postgresql")
def test_a_server_that_is_away_is_waited_for_and_said_once(database, server_does, monkeypatch, caplog):
    monkeypatch.setattr(outage, "ASK_AGAIN_S", 0.1)
    search = short_search("study", ShortTrials(reports=1), n_trials=2)
    server_does("stop")
    back = threading.Timer(2.0, server_does, ["start"])
    back.start()
    with caplog.at_level(logging.WARNING):
        assert search.check(database) == {}
        back.join()
        server_does("stop")
        back = threading.Timer(2.0, server_does, ["start"])
        back.start()
        search.run(database)
    back.join()
    assert states(database, "study") == [TrialState.COMPLETE] * 2
    said = [record.message for record in caplog.records if "is asked again" in record.message]
    assert len(said) == 2


def test_patience_ends_with_the_storage_named(database, server_does):
    server_does("stop")
    search = short_search("study", ShortTrials(reports=1), n_trials=2)
    with pytest.raises(StorageError, match="cannot be used"):
        replace(search, patience_s=0.0).check(database)


@pytest.mark.long(part="postgresql")
def test_studies_are_opened_while_the_server_restarts_again_and_again(database, restarting):
    with restarting(6, lambda: 0.7) as done:
        for number in range(8):
            short_search(f"study{number}", ShortTrials(reports=1), n_trials=2).run(database)
    assert done
    for number in range(8):
        assert states(database, f"study{number}") == [TrialState.COMPLETE] * 2
