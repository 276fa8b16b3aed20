import io

from rich.console import Console

from trading_hpo.engine import progress
from trading_hpo.engine.progress import Progress, Tally


def test_a_tally_tells_what_is_done_pruned_failed_best_and_left(monkeypatch):
    monkeypatch.setattr(progress.time, "monotonic", lambda: 130.0)
    tally = Tally("s.lstm", "mcc", budget=10, resumed=2, finished=4, pruned=1, failed=1, best=0.1234, started=10.0)
    line = tally.line()
    for said in ("s.lstm", "4/10 trials", "1 pruned", "1 failed", "best mcc 0.1234", "elapsed 2:00, about 6:00 left"):
        assert said in line


def test_a_file_gets_the_last_state_only_once_and_a_terminal_a_live_line():
    file = io.StringIO()
    with Progress(Tally("s", "mcc", 3), Console(file=file)).shown() as shown:
        shown.refresh()
        shown.tally.finished = 3
    assert file.getvalue().count("\n") == 1
    assert "3/3 trials" in file.getvalue()
    terminal = io.StringIO()
    with Progress(Tally("s", "mcc", 3), Console(file=terminal, force_terminal=True)).shown() as shown:
        shown.refresh()
    assert "0/3 trials" in terminal.getvalue()
