import io

import pytest
from rich.console import Console

from trading_hpo.engine.tally import Tally
from trading_hpo.notifications import NotificationsConfig
from trading_hpo.study import progress
from trading_hpo.study.progress import Progress, line


def test_a_line_tells_what_is_done_pruned_failed_best_and_left(monkeypatch):
    monkeypatch.setattr(progress.time, "monotonic", lambda: 130.0)
    tally = Tally("s.lstm", "mcc", budget=10, resumed=2, finished=4, pruned=1, failed=1, best=0.1234, started=10.0)
    for said in ("s.lstm", "4/10 trials", "1 pruned", "1 failed", "best mcc 0.1234", "elapsed 2:00, about 6:00 left"):
        assert said in line(tally)


def test_a_file_gets_the_last_state_only_once_and_a_terminal_a_live_line():
    file, tally = io.StringIO(), Tally("s", "mcc", 3)
    shown = Progress(NotificationsConfig(), Console(file=file))
    with shown.watching(tally):
        shown.refresh()
        tally.finished = 3
    assert file.getvalue().count("\n") == 1
    assert "3/3 trials" in file.getvalue()
    terminal = io.StringIO()
    shown = Progress(NotificationsConfig(), Console(file=terminal, force_terminal=True))
    with shown.watching(Tally("s", "mcc", 3)):
        shown.refresh()
    assert "0/3 trials" in terminal.getvalue()


def test_the_first_failure_is_shown_below_however_the_search_ends():
    file, tally = io.StringIO(), Tally("s", "mcc", 3)
    shown = Progress(NotificationsConfig(), Console(file=file))
    tally.first_failure = "it broke"
    with pytest.raises(KeyboardInterrupt), shown.watching(tally):
        raise KeyboardInterrupt
    assert file.getvalue().endswith("first failure: it broke\n")
