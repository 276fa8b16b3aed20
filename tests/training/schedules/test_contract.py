"""What every schedule keeps."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.training.schedules.examples import EXAMPLES, IDS

from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.schedule import Schedule

EPOCHS = 10
every_schedule = pytest.mark.parametrize("schedule", EXAMPLES, ids=IDS)
SCORES = st.lists(st.floats(-10, 10) | st.just(-np.inf), max_size=EPOCHS - 1)


@every_schedule
@settings(max_examples=20)
@given(scores=SCORES, part=st.floats(0, 0.99))
def test_a_factor_is_a_finite_share_and_follows_from_what_is_given(
    schedule: Schedule, scores: list[float], part: float
) -> None:
    passed = len(scores) + (part if schedule.by_batch(len(scores) + 1) else 0)
    factor = schedule.with_warmup(passed, EPOCHS, scores)
    assert isinstance(factor, float)
    assert np.isfinite(factor)
    assert factor >= 0
    assert (
        factor
        == schedule.with_warmup(passed, EPOCHS, tuple(scores))
        == again(schedule).with_warmup(passed, EPOCHS, scores)
    )


def again(schedule: Schedule) -> Schedule:
    """The same schedule by way of a file."""
    return type(schedule)(**json.loads(json.dumps(schedule.model_dump(mode="json"))))


@every_schedule
def test_parameters_survive_a_file(schedule: Schedule) -> None:
    assert again(schedule) == schedule
    assert type(schedule).model_validate_json(schedule.model_dump_json()) == schedule


@every_schedule
@settings(max_examples=20)
@given(scores=SCORES)
def test_a_schedule_reads_scores_only_if_it_says_so(schedule: Schedule, scores: list[float]) -> None:
    if not schedule.has_feedback:
        others = [0.0] * len(scores)
        assert schedule.with_warmup(len(scores), EPOCHS, scores) == schedule.with_warmup(len(scores), EPOCHS, others)


def test_those_with_feedback_say_so() -> None:
    falling = [float(-epoch) for epoch in range(9)]
    rising = [-score for score in falling]
    for schedule in EXAMPLES:
        moved = schedule.with_warmup(9, EPOCHS, falling) != schedule.with_warmup(9, EPOCHS, rising)
        assert moved == schedule.has_feedback, schedule


@every_schedule
def test_the_first_batch_learns_something(schedule: Schedule) -> None:
    first = schedule.with_warmup(0.0, EPOCHS, ())
    assert 0 < first <= 1
    if schedule.warmup_epochs:
        assert first == pytest.approx(0.1 * schedule.factor(0.0, EPOCHS - schedule.warmup_epochs, ()))


@every_schedule
def test_any_number_of_epochs_has_problems_or_factors(schedule: Schedule) -> None:
    for epochs in (1, 2, 7, 100):
        problems = list(schedule.problems(epochs))
        assert all(problem.split()[0].split(".")[0] in type(schedule).model_fields for problem in problems)
        if not problems:
            factors = [schedule.with_warmup(float(epoch), epochs, [0.0] * epoch) for epoch in range(epochs)]
            assert np.isfinite(factors).all()


def test_a_constant_schedule_is_one() -> None:
    assert {SCHEDULES["constant"]().factor(passed, 9, [0.0] * passed) for passed in range(9)} == {1.0}
