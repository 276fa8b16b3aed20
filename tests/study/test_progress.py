import io
import itertools

import pytest
from rich.console import Console
from tests.makers.clocked import Clock

from trading_hpo.engine.tally import Tally
from trading_hpo.engine.workload import Workload
from trading_hpo.notifications import NotificationsConfig
from trading_hpo.study import progress
from trading_hpo.study.place import Place
from trading_hpo.study.progress import Progress, Shown, line

SHOWN = Shown("cnn_lstm", Place(4, 4), "epochs")


@pytest.fixture
def tally(monkeypatch):
    """Two of eight trials ended here, 6 epochs of 5 seconds each, and one runs in its third epoch."""
    clock = Clock()
    work = Workload(max_steps=6, clock=clock)
    for slot in range(3):
        work.begin([slot])
        for _ in range(6 if slot < 2 else 2):
            clock.now += 5.0
            work.step(slot)
        if slot < 2:
            work.end(slot)
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock.now)
    return Tally(
        "daily.cnn_lstm", "mcc", budget=8, finished=2, pruned=1, failed=1, best=0.02134, started=930.0, work=work
    )


def test_a_line_tells_what_is_done_and_what_is_left(tally):
    assert line(tally, SHOWN) == (
        "cnn_lstm (model type 4 of 4)  2/8 trials, 1 pruned, 1 failed  14 of about 48 epochs  best mcc 0.0213  "
        "elapsed 2:20, about 2:50 left"
    )


def test_what_is_not_known_or_not_there_is_left_out(tally):
    tally.pruned = tally.failed = 0
    tally.best, tally.work = None, Workload()
    assert line(tally) == "daily.cnn_lstm  2/8 trials  elapsed 2:20"
    tally.finished = 8
    assert line(tally, Shown("mlp", Place(1, 2))) == "mlp (model type 1 of 2)  8/8 trials  elapsed 2:20"
    tally.resumed = 8
    assert line(tally, Shown("mlp", Place(1, 2))) == "mlp (model type 1 of 2)  8/8 trials  up to date"


def test_at_the_end_no_epoch_is_guessed_and_nothing_is_left(tally):
    tally.finished, tally.pruned, tally.failed = 8, 3, 0
    expected = "8/8 trials, 3 pruned  14 epochs  best mcc 0.0213  elapsed 2:20"
    assert line(tally, SHOWN).endswith(expected)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            100,
            "cnn_lstm (4 of 4)  2/8 trials, 1 pruned, 1 failed  14 epochs  best mcc 0.0213  "
            "elapsed 2:20, about 2:50 left",
        ),
        (80, "cnn_lstm (4 of 4)  2/8 trials  14 epochs  elapsed 2:20, about 2:50 left"),
        (40, "cnn_lstm (4 of 4)  2/8 trials  14 epochs  elapsed 2:20, about 2:50 left"),
    ],
)
def test_a_narrow_terminal_is_shown_what_matters_most(tally, width, expected):
    if width == 100:  # one word less
        tally.failed = 0
        expected = expected.replace(", 1 failed", "")
    assert line(tally, SHOWN, width) == expected
    assert len(expected) < max(width, 80)


def test_without_pruned_trials_a_hundred_columns_hold_the_place_in_full(tally):
    tally.pruned = tally.failed = 0
    expected = "cnn_lstm (model type 4 of 4)  2/8 trials  14 epochs  best mcc 0.0213  elapsed 2:20, about 2:50 left"
    assert line(tally, SHOWN, 100) == expected
    assert len(expected) < 100


def test_all_searches_are_estimated_by_what_an_epoch_of_each_takes(tally):
    """Eight trials of the LSTM take half as long, two of the MLP a tenth; a trial here takes half a minute."""
    place = Place(1, 3, ("lstm", "mlp"))
    shown = Shown("cnn_lstm", place, "epochs", {"lstm": 8, "mlp": 2})
    assert "all searches" not in line(tally, shown), "nothing was timed"
    tally.work.notes = {"cnn_lstm": 4.0, "lstm": 2.0, "mlp": 0.4}
    assert shown.left_of_all(tally) == tally.seconds_left() + 30 * (8 / 2 + 2 / 10) == 170 + 126
    assert line(tally, shown).endswith("elapsed 2:20, about 2:50 left  (all searches 4:55)")
    short = "cnn_lstm (1 of 3)  2/8 trials, 1 pruned, 1 failed  14 epochs  elapsed 2:20, about 2:50 left  (all 4:55)"
    tally.failed = 0
    assert line(tally, shown, 100) == short.replace(", 1 failed", "")
    assert line(tally, shown, 80) == "cnn_lstm (1 of 3)  2/8 trials  14 epochs  elapsed 2:20, about 2:50 left"
    assert place.epoch_seconds == tally.work.notes, "for the next search"
    assert "all searches" not in line(tally, Shown("cnn_lstm", Place(3, 3)))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(12.4, "0:12"), (62.4, "1:00"), (64, "1:05"), (601, "10:00"), (4000, "1:07:00")]
)
def test_a_time_that_is_estimated_is_no_more_exact_than_it_is_known(seconds, expected):
    assert progress._about(seconds) == expected


def test_a_file_gets_a_line_every_quarter_of_a_minute_and_the_last_state(monkeypatch):
    clock, file = Clock(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    tally = Tally("s", "mcc", 3)
    shown = Progress(NotificationsConfig(), Console(file=file))
    with shown.watching(tally):
        for _ in range(80):
            clock.now += 0.5
            shown.refresh()
        tally.finished = 3
    assert file.getvalue().count("\n") == 3
    assert "3/3 trials" in file.getvalue()


def test_a_file_of_a_long_search_gets_fewer_lines_but_one_at_least_every_five_minutes(monkeypatch):
    clock, file = Clock(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", clock)
    shown, printed_at = Progress(NotificationsConfig(), Console(file=file)), [clock.now]
    for _ in range(12 * 3600):
        clock.now += 1.0
        shown.refresh()
        if file.getvalue():
            printed_at.append(clock.now)
            file.truncate(file.seek(0))
    gaps = [after - before for before, after in itertools.pairwise(printed_at)]
    assert gaps[:10] == [progress.PLAIN_EVERY_S] * 10
    assert gaps == sorted(gaps)
    assert gaps[-1] == progress.PLAIN_AT_MOST_S
    assert len(gaps) < 200  # with one every quarter of a minute 2,880


def test_a_terminal_gets_a_live_line():
    terminal = io.StringIO()
    shown = Progress(NotificationsConfig(), Console(file=terminal, force_terminal=True), Shown("mlp", Place(2, 4)))
    with shown.watching(Tally("s", "mcc", 3)):
        shown.refresh()
    assert "mlp (model type 2 of 4)  0/3 trials" in terminal.getvalue()


def test_messages_name_the_study_in_full(capfd, tally):
    shown = Progress(NotificationsConfig(dry_run=True), Console(file=io.StringIO()), SHOWN)
    with shown.watching(tally):
        tally.finished = 8
    begin, end = capfd.readouterr().err.splitlines()
    assert begin.startswith("[notification] started: daily.cnn_lstm (model type 4 of 4) 2/8 trials")
    assert "about 2:50 left" in begin
    assert end.startswith("[notification] ended: daily.cnn_lstm (model type 4 of 4) 8/8 trials")


def test_the_first_failure_is_shown_below_however_the_search_ends():
    file, tally = io.StringIO(), Tally("s", "mcc", 3)
    shown = Progress(NotificationsConfig(), Console(file=file))
    tally.first_failure = "it broke"
    with pytest.raises(KeyboardInterrupt), shown.watching(tally):
        raise KeyboardInterrupt
    assert file.getvalue().endswith("first failure: it broke\n")
