"""Walk-forward: train is the past, validations follow each other to the last bar."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals
from trading_hpo.splits.roles import make_folds
from trading_hpo.splits.walk_forward import walk_forward
from trading_hpo.types import BarRange

NO_STOP = 1e-9  # so small a share that no bar is kept back


@st.composite
def cases(draw):
    start = draw(st.integers(0, 50))
    bars = BarRange(start, start + draw(st.integers(20, 500)))
    config = FoldsConfig(
        n_folds=draw(st.integers(1, 8)),
        window=draw(st.sampled_from(["expanding", "rolling"])),
        first_train_fraction=draw(st.floats(0.1, 0.9)),
    )
    return bars, config


@settings(deadline=None)
@given(cases())
def test_validations_are_adjacent_and_end_with_the_last_bar(case):
    bars, config = case
    validations = [division.validation[0] for division in walk_forward(bars, config)]
    assert len(validations) == config.n_folds
    assert [v.stop for v in validations[:-1]] == [v.start for v in validations[1:]]
    assert validations[-1].stop == bars.stop


@settings(deadline=None)
@given(cases())
def test_validations_are_equally_long_to_one_bar(case):
    lengths = [len(division.validation[0]) for division in walk_forward(*case)]
    assert max(lengths) - min(lengths) <= 1


@settings(deadline=None)
@given(cases())
def test_the_first_train_is_its_share_of_the_bars(case):
    bars, config = case
    (train,) = next(walk_forward(bars, config)).train
    assert abs(len(train) - len(bars) * config.first_train_fraction) <= 0.5


@settings(deadline=None)
@given(cases())
def test_train_ends_where_validation_starts_and_never_leaves_the_bars(case):
    bars, config = case
    for division in walk_forward(bars, config):
        (train,), (validation,) = division.train, division.validation
        assert bars.start <= train.start <= train.stop == validation.start


@settings(deadline=None)
@given(cases())
def test_an_expanding_train_grows_from_the_first_bar(case):
    bars, config = case
    trains = [part.train[0] for part in walk_forward(bars, config.model_copy(update={"window": "expanding"}))]
    assert all(train.start == bars.start for train in trains)
    assert all(len(a) <= len(b) for a, b in pairwise(trains))


@settings(deadline=None)
@given(cases())
def test_a_rolling_train_keeps_its_length_and_moves_with_validation(case):
    bars, config = case
    trains = [part.train[0] for part in walk_forward(bars, config.model_copy(update={"window": "rolling"}))]
    assert len({len(train) for train in trains}) == 1
    assert trains[0].start == bars.start


@settings(deadline=None)
@given(cases())
def test_one_bar_more_shortens_no_train_and_no_validation(case):
    bars, config = case
    longer = BarRange(bars.start, bars.stop + 1)
    pairs = zip(walk_forward(bars, config), walk_forward(longer, config), strict=True)
    for one, other in pairs:
        assert len(one.train[0]) <= len(other.train[0])
        assert len(one.validation[0]) <= len(other.validation[0])


@pytest.mark.parametrize(("fraction", "first"), [(0.9, 900), (0.7, 700), (0.29, 290), (0.57, 570)])
def test_a_share_that_binary_fractions_cannot_hold_loses_no_bar(fraction, first):
    (train,) = next(walk_forward(BarRange(0, 1000), FoldsConfig(first_train_fraction=fraction))).train
    assert len(train) == first


@settings(deadline=None, max_examples=60)
@given(
    n_folds=st.integers(2, 6),
    length=st.integers(1, 30),
    first=st.integers(20, 120),
    horizon=st.integers(0, 8),
    window=st.sampled_from(["expanding", "rolling"]),
)
def test_labels_of_fixed_width_are_split_as_scikit_learn_splits_with_a_gap(n_folds, length, first, horizon, window):
    n_bars = first + n_folds * length
    assume(round(n_bars * (first / n_bars)) == first)
    config = FoldsConfig(n_folds=n_folds, window=window, first_train_fraction=first / n_bars, stop_fraction=NO_STOP)
    theirs = TimeSeriesSplit(
        n_splits=n_folds,
        test_size=length,
        gap=horizon,
        max_train_size=first - horizon if window == "rolling" else None,
    )
    folds = make_folds(BarRange(0, n_bars), config, Intervals(np.arange(n_bars), np.arange(n_bars) + horizon))
    for fold, (train, test) in zip(folds, theirs.split(np.zeros(n_bars)), strict=True):
        assert fold.train[0].bars().tolist() == train.tolist()
        assert fold.validation[0].bars().tolist() == test.tolist()
