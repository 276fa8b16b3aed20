"""What is counted of a search, and which value is its best."""

import math
import time

import pytest
from tests.makers.clocked import Clock

from trading_hpo.engine.config import Goal
from trading_hpo.engine.tally import Tally
from trading_hpo.engine.workload import Workload


def tally_of(*goals, budget=9, resumed=0):
    return Tally.of("daily.mlp", goals or (Goal("mcc", "maximize"),), budget, resumed)


def test_a_search_begins_with_nothing_counted():
    before = time.monotonic()
    tally = tally_of(budget=7, resumed=2)
    assert (tally.name, tally.metric, tally.budget, tally.resumed) == ("daily.mlp", "mcc", 7, 2)
    assert (tally.finished, tally.pruned, tally.failed, tally.best, tally.first_failure) == (0, 0, 0, None, None)
    assert before <= tally.started <= time.monotonic()


def test_of_several_goals_the_first_is_counted_and_its_name_says_so():
    tally = tally_of(Goal("max_drawdown", "minimize"), Goal("mcc", "maximize"))
    assert (tally.metric, tally.maximize) == ("max_drawdown alone", False)


def test_every_end_is_counted_once_and_by_its_state():
    tally = tally_of()
    for state in ("COMPLETE", "PRUNED", "FAIL", "PRUNED", "COMPLETE"):
        tally.count(state, None)
    assert (tally.finished, tally.pruned, tally.failed) == (5, 2, 1)


@pytest.mark.parametrize(
    ("direction", "bests"), [("maximize", [0.2, 0.2, 0.2, 0.3]), ("minimize", [0.2, 0.1, 0.1, 0.1])]
)
def test_the_best_value_is_that_of_the_direction(direction, bests):
    tally, seen = tally_of(Goal("mcc", direction)), []
    for value in (0.2, 0.1, None, 0.3):
        tally.count("COMPLETE", value)
        seen.append(tally.best)
    assert seen == bests


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_never_best(value):
    tally = tally_of()
    tally.count("COMPLETE", value)
    assert tally.best is None
    tally.count("COMPLETE", -0.5)
    assert (tally.best, tally.finished) == (-0.5, 2)


def of_a_second_each(ended, **counts):
    """A tally of trials of one second, so many of which have ended here."""
    tally = tally_of(**counts)
    tally.work = Workload(clock=(clock := Clock()))
    for slot in range(ended):
        tally.work.begin([slot])
        clock.now += 1.0
        tally.work.end(slot)
    return tally


def test_what_an_earlier_run_has_finished_takes_no_time():
    tally = of_a_second_each(2, budget=9, resumed=3)
    tally.finished = 5
    assert tally.seconds_left() == 4.0


def test_other_machines_go_on_taking_their_share():
    tally = of_a_second_each(2, budget=14)
    tally.finished = 8  # six by others
    assert tally.seconds_left() == 2.0


def test_a_run_takes_no_longer_than_its_time():
    tally = of_a_second_each(2, budget=1000)
    tally.finished, tally.ends_at = 2, time.monotonic() + 10
    assert 9 < tally.seconds_left() <= 10
    tally.ends_at = time.monotonic() - 10
    assert tally.seconds_left() == 0
