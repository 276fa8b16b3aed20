"""A linear warm-up before any schedule."""

import pytest

from trading_hpo.training.schedules.constant import Constant
from trading_hpo.training.schedules.cyclical import Cyclical
from trading_hpo.training.schedules.exponential import Exponential
from trading_hpo.training.schedules.plateau import Plateau


def test_a_warm_up_rises_in_a_line_to_the_first_rate_of_what_follows() -> None:
    rates = [Constant(warmup_epochs=2).with_warmup(passed, 9, ()) for passed in (0, 0.5, 1, 1.5, 2, 8)]
    assert rates == pytest.approx([0.1, 0.325, 0.55, 0.775, 1, 1])
    assert Cyclical(warmup_epochs=2, lr_floor=0.2).with_warmup(1, 9, ()) == pytest.approx(0.55 * 0.2)


def test_a_schedule_begins_after_its_warm_up() -> None:
    warmed, plain = Exponential(exponential_decay=0.5, warmup_epochs=3), Exponential(exponential_decay=0.5)
    later = [warmed.with_warmup(passed, 9, [0.0] * passed) for passed in range(3, 9)]
    assert later == [plain.factor(passed, 6, ()) for passed in range(6)]


def test_epochs_and_scores_of_a_warm_up_are_none_of_the_schedules_own() -> None:
    class Watched(Constant):
        def factor(self, passed, epochs, scores):
            asked.append((passed, epochs, list(scores)))
            return 1.0

    asked: list[tuple[float, int, list[float]]] = []
    Watched(warmup_epochs=2).with_warmup(3.5, 9, [0.1, 0.2, 0.3])
    Watched(warmup_epochs=2).with_warmup(1, 9, [0.1])
    assert asked == [(1.5, 7, [0.3]), (0.0, 7, [])]
    worse = [3.0, 2.0, 1.0, 0.0]
    assert Plateau(plateau_patience=0, plateau_factor=0.5).with_warmup(4, 9, worse) == 0.125
    assert Plateau(plateau_patience=0, plateau_factor=0.5, warmup_epochs=2).with_warmup(4, 9, worse) == 0.5


def test_a_schedule_by_epoch_moves_by_batch_while_it_warms_up() -> None:
    assert [Constant(warmup_epochs=2).by_batch(epoch) for epoch in (1, 2, 3)] == [True, True, False]
    assert Cyclical().by_batch(1)
    assert not Constant().by_batch(1)


@pytest.mark.parametrize(("warmup_epochs", "epochs"), [(3, 3), (3, 2), (1, 1)])
def test_a_warm_up_that_leaves_no_epoch_is_refused(warmup_epochs: int, epochs: int) -> None:
    assert list(Constant(warmup_epochs=warmup_epochs).problems(epochs)) == [
        f"warmup_epochs must be below the number of epochs, {epochs}, got {warmup_epochs}. "
        "Warm up for fewer, or train for more."
    ]
    assert list(Constant(warmup_epochs=warmup_epochs).problems(4)) == []
