"""What every schedule keeps, and the replay of earlier ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.plugins import ADDED

from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.replay import Replay
from trading_hpo.training.schedules.schedule import Schedule

ALL = [*(SCHEDULES[name] for name in SCHEDULES), *ADDED["schedule"]]
every_schedule = pytest.mark.parametrize("schedule", [one() for one in ALL], ids=lambda one: one.name)
RATE = 3e-3


@every_schedule
@given(scores=st.lists(st.floats(-10, 10) | st.just(-np.inf), max_size=9), part=st.floats(0, 0.99))
def test_a_factor_is_a_finite_share_and_follows_from_what_is_given(
    schedule: Schedule, scores: list[float], part: float
) -> None:
    passed = len(scores) + (part if schedule.per_batch else 0)
    factor = schedule.factor(passed, 10, scores)
    assert np.isfinite(factor)
    assert factor >= 0
    assert factor == type(schedule)().factor(passed, 10, tuple(scores))


def test_a_constant_schedule_is_one() -> None:
    assert {SCHEDULES["constant"]().factor(passed, 9, [0.0] * passed) for passed in range(9)} == {1.0}


def records(*by_fold: list[float]) -> list[dict[str, list[float]]]:
    return [{"learning_rates": [RATE * factor for factor in of_fold]} for of_fold in by_fold]


def test_a_replay_takes_the_median_of_the_folds_that_have_the_epoch_and_keeps_the_last() -> None:
    replay = Replay.of(records([1.0, 0.5, 0.5, 0.25], [1.0, 1.0], [1.0, 0.5, 1.0]), RATE)
    found = [replay.factor(epoch, 99, ()) for epoch in range(7)]
    assert found == pytest.approx([1.0, 0.5, 0.75, 0.25, 0.25, 0.25, 0.25])


@given(epochs=st.lists(st.integers(1, 8), min_size=1, max_size=5), rate=st.floats(1e-6, 10))
def test_a_constant_rate_is_replayed_to_the_last_bit(epochs: list[int], rate: float) -> None:
    replay = Replay.of([{"learning_rates": [rate] * count} for count in epochs], rate)
    assert {rate * replay.factor(epoch, 20, ()) for epoch in range(10)} == {rate}


def test_folds_that_do_not_say_their_rates_were_constant() -> None:
    assert Replay.of([{"stopped_epoch": 3}, {"stopped_epoch": 4}], RATE).factor(2, 5, ()) == 1.0
