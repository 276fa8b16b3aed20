"""What every schedule keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.plugins import ADDED

from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.schedule import Schedule

ALL = [*(SCHEDULES[name] for name in SCHEDULES), *ADDED["schedule"]]
every_schedule = pytest.mark.parametrize("schedule", [one() for one in ALL], ids=lambda one: one.name)


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
