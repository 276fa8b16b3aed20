"""The estimate of the time that is left, on stand-in trials of uneven length and on a clock of their own."""

import random
from statistics import median

import pytest
from tests.makers.clocked import Clock, Clocked, Trial

from trading_hpo.engine.candidate import Outlook
from trading_hpo.engine.workload import Workload

SEEDS = range(20)
WITHIN = 1.5


def is_close(ratio):
    return 1 / WITHIN <= ratio <= WITHIN


def equal(_draw):
    return Trial((2.0,) * 10)


def tenfold_speed(draw):
    return Trial((draw.uniform(1.0, 10.0),) * 10)


def tenfold_steps(draw):
    return Trial((3.0,) * draw.randint(1, 10))


def pruned(draw):
    """A third is given up, after a few steps; the others stop early or not."""
    return Trial((3.0,) * (draw.randint(1, 4) if draw.random() < 1 / 3 else draw.randint(7, 10)))


def folds_of_growing_length(draw):
    """One after another; what is predicted of each is its rows."""
    rows, batch = (100, 200, 300, 400), draw.choice((1.0, 2.0))
    return Trial(tuple(batch * n / 20 for n in rows), Outlook(4, tuple(map(float, rows))), rows)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("made", "n_trials", "at_least"),
    [
        (equal, 8, 20),
        (tenfold_speed, 20, 15),
        (tenfold_steps, 20, 15),
        (pruned, 20, 17),
        (folds_of_growing_length, 8, 15),
    ],
)
def test_after_a_quarter_of_the_time_the_estimate_is_within_a_factor(made, n_trials, at_least, workers):
    """The median over orders is; how many of twenty are is what can be known of the trials that are yet to come."""
    draws = [random.Random(seed) for seed in SEEDS]
    ratios = [Clocked([made(draw) for _ in range(n_trials)], workers).ratio() for draw in draws]
    assert is_close(median(ratios)), ratios
    assert sum(map(is_close, ratios)) >= at_least, ratios


@pytest.mark.parametrize("workers", [1, 2])
def test_a_first_step_of_minutes_is_estimated_within_twenty_seconds_from_its_batches(workers):
    slow = Trial((300.0,) * 10, Outlook(10, (600.0,) * 10), (600,) * 10, prepared_s=4.0)
    search = Clocked([slow] * 8, workers)
    _, whole = search.signs()
    [(early, _), (estimate, truth)] = search.estimates(3 / whole, 20 / whole)
    assert early is None, "nothing is known while the data are prepared"
    assert estimate == pytest.approx(truth, rel=0.05)


def test_an_outlook_that_counts_wrong_is_corrected_by_the_first_step():
    twice = Trial((30.0,) * 10, Outlook(10, (50.0,) * 10), (100,) * 10)
    search = Clocked([twice] * 2)
    _, whole = search.signs()
    [(estimate, truth)] = search.estimates(45 / whole)
    assert estimate == pytest.approx(truth, rel=0.1)


@pytest.mark.parametrize("moment", [0.5, 0.75, 0.9])
def test_the_last_trials_of_two_workers_are_waited_for(moment):
    [(estimate, truth)] = Clocked([equal(None)] * 7, workers=2).estimates(moment)
    assert estimate == pytest.approx(truth, abs=0.5)


def of_steps(*steps, workers=1, max_steps=10):
    """A workload of trials that have ended after so many steps of a second."""
    clock = Clock()
    work = Workload(max_steps, workers, clock=clock)
    for slot, count in enumerate(steps):
        work.begin([slot])
        for _ in range(count):
            clock.now += 1.0
            work.step(slot)
        work.end(slot)
    return work, clock


def test_nothing_is_known_before_the_first_sign():
    work, clock = of_steps()
    work.begin([0])
    clock.now += 60
    assert work.seconds_left(5) is None
    assert (work.steps, work.steps_in_all(5)) == (0, 50), "the plan's maximum"


def test_trials_that_have_ended_say_how_long_the_others_take():
    work, _ = of_steps(2, 4)
    assert (work.n_ended, work.steps) == (2, 6)
    assert (work.steps_in_all(3), work.seconds_left(3)) == (15, 9.0)
    assert (work.steps_in_all(0), work.seconds_left(0)) == (6, 0.0)


def test_a_trial_that_has_come_further_than_some_ends_like_the_others():
    work, clock = of_steps(2, 6)
    work.begin([2])
    for _ in range(3):
        clock.now += 1.0
        work.step(2)
    assert (work.steps_in_all(1), work.seconds_left(1)) == (14, 3.0)
    for _ in range(4):
        clock.now += 1.0
        work.step(2)
    assert work.seconds_left(1) == 3.0, "further than all of them: to the plan's maximum"


def test_a_few_batches_of_a_trial_that_has_only_begun_move_the_estimate_little():
    """They are slow on a busy moment: ten times as long as the trial's own, which are those of the others."""
    work, clock = of_steps(*[10] * 4)
    work.begin([4])
    work.plan(4, Outlook(10, (100.0,) * 10))
    for times in (1, 11):
        clock.now += 1.0
        work.ask(4, times)
    assert work.seconds_left(5) == pytest.approx(50 - 2, rel=0.35)
    clock.now += 1.0
    work.ask(4, 100)
    work.step(4)
    assert work.seconds_left(5) == pytest.approx(50 - 3, rel=0.35)


def test_a_trial_that_runs_again_counts_from_its_beginning():
    work, clock = of_steps(4)
    work.begin([1])
    clock.now += 3.0
    work.step(1)
    work.drop(1)
    assert (work.steps, work.seconds_left(1)) == (4, 4.0)
    work.step(1)  # what arrives late counts for no candidate
    work.ask(1, 9)
    work.end(1)
    assert (work.steps, work.n_ended) == (4, 1)


def test_a_worker_that_starts_takes_no_trials_time():
    work, clock = of_steps()
    work.begin([0])
    clock.now += 30.0
    work.plan(0, Outlook(2))
    for _ in range(2):
        clock.now += 1.0
        work.step(0)
    work.end(0)
    assert work.seconds_left(3) == 6.0


def test_candidates_of_a_batch_take_its_time_together():
    clock = Clock()
    work = Workload(1, workers=1, batch=4, clock=clock)
    work.begin([0, 1, 2, 3])
    clock.now += 8.0
    for slot in range(4):
        work.step(slot)
        work.end(slot)
    assert (work.n_ended, work.seconds_left(10)) == (4, 20.0)
    work.begin([4, 5, 6, 7])
    clock.now += 2.0
    assert work.seconds_left(10) == 6.0 + 12.0


def test_a_long_budget_is_estimated_at_once():
    work, _ = of_steps(1, workers=64)
    assert work.seconds_left(1_000_000) == pytest.approx(1_000_000 / 64, abs=1)
