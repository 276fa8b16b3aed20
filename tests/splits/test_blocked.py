"""Blocks: each fold within its own, one after another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trading_hpo.splits.blocked import blocked
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.types import BarRange


def config_of(n_folds, fraction=0.7):
    return FoldsConfig(scheme="blocked", n_folds=n_folds, options={"train_fraction": fraction})


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(30, 400), st.integers(1, 8), st.floats(0.2, 0.9))
def test_blocks_are_all_bars_once_each_train_then_validation(start, length, n_folds, fraction):
    bars = BarRange(start, start + length)
    divisions = list(blocked(bars, config_of(n_folds, fraction)))
    parts = [part for division in divisions for part in (*division.train, *division.validation)]
    assert [int(bar) for part in parts for bar in part.bars()] == bars.bars().tolist()
    assert len(divisions) == n_folds
    for division in divisions:
        (train,), (validation,) = division.train, division.validation
        assert len(train) == round((len(train) + len(validation)) * fraction)


def test_a_block_is_not_changed_by_bars_that_are_added_to_others():
    (_, second), (_, same) = (list(blocked(BarRange(0, n), config_of(n // 50))) for n in (100, 100))
    assert second == same
    assert second.train[0].start == 50


@pytest.mark.parametrize("fraction", [0, 1, "most"])
def test_a_block_needs_both_of_its_parts(fraction):
    with pytest.raises(ValidationError, match=r"folds.options.train_fraction must be"):
        config_of(2, fraction)
