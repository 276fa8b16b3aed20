import numpy as np
import pytest

from trading_hpo.training.schedules.performance import Performance

SCHEDULE = Performance(performance_rise=2, performance_fall=0.5, lr_floor=0.25, lr_ceiling=4)


def factors(scores: list[float]) -> list[float]:
    return [SCHEDULE.factor(passed, 20, scores[:passed]) for passed in range(len(scores) + 1)]


def test_it_rises_after_a_better_score_than_the_last_and_falls_after_any_other() -> None:
    # Better than the last though not than the best counts: 0.2 after 0.1.
    assert factors([0.3, 0.5, 0.5, 0.1, 0.2]) == [1, 1, 2, 1, 0.5, 1]


def test_it_keeps_within_its_bounds_and_comes_back_from_them_at_once() -> None:
    assert factors([1.0, 2, 3, 4, 5, 0]) == [1, 1, 2, 4, 4, 4, 2]
    assert factors([5.0, 4, 3, 2, 1, 9]) == [1, 1, 0.5, 0.25, 0.25, 0.25, 0.5]


def test_epochs_without_a_score_are_no_improvement() -> None:
    assert factors([-np.inf, -np.inf, 0.1]) == [1, 1, 0.5, 1]


@pytest.mark.parametrize("bounds", [{"lr_floor": 1.5}, {"lr_ceiling": 0.5}, {"performance_fall": 1.1}])
def test_bounds_that_the_learning_rate_itself_does_not_keep_are_refused(bounds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="equal to 1"):
        Performance(**bounds)
