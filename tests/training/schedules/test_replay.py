import pytest

from trading_hpo.training.schedules.registry import SCHEDULES
from trading_hpo.training.schedules.replay import Replay


def test_it_is_the_median_over_folds_that_came_so_far_and_then_stays() -> None:
    rates = [[0.02, 0.01], [0.02, 0.02, 0.01, 0.004], [0.02, 0.005, 0.002, 0.001], [0.02]]
    replayed = Replay.of(rates, learning_rate=0.02)
    expected = [1.0, 0.5, 0.3, 0.125]  # of three folds 0.01, of two the middle between 0.01 and 0.002
    assert replayed.factors == pytest.approx(expected)
    found = [replayed.with_warmup(passed, 9, ()) for passed in (0, 0.9, 1, 2, 3, 3.5, 4, 8)]
    assert found == pytest.approx([1.0, 1.0, 0.5, 0.3, 0.125, 0.125, 0.125, 0.125])


def test_it_is_a_schedule_that_went_the_same_way_on_every_fold() -> None:
    """A warm-up is part of what is replayed: it is not gone through twice."""
    cosine = SCHEDULES["cosine"](warmup_epochs=1)
    rates = [0.3 * cosine.with_warmup(epoch + 0.5, 6, ()) for epoch in range(6)]
    replayed = Replay.of([rates, rates[:3]], 0.3)
    assert [replayed.with_warmup(epoch, 6, ()) for epoch in range(6)] == pytest.approx([rate / 0.3 for rate in rates])


def test_it_cannot_be_chosen() -> None:
    assert "replay" not in SCHEDULES
