"""Purged k-fold: every bar is validated once, train lies on both sides."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from skfolio.model_selection import CombinatorialPurgedCV
from sklearn.model_selection import KFold

from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purged_kfold import purged_kfold
from trading_hpo.splits.purging import Intervals
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange

NO_STOP = 1e-9  # so small a share that no bar is kept back


def kfold(n_folds, **settings_):
    return FoldsConfig(scheme="purged_kfold", n_folds=n_folds, **settings_)


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(10, 400), st.integers(2, 10))
def test_every_bar_is_validated_exactly_once(start, length, n_folds):
    bars = BarRange(start, start + length)
    validated = np.concatenate([part.validation[0].bars() for part in purged_kfold(bars, kfold(n_folds))])
    assert validated.tolist() == bars.bars().tolist()


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(10, 400), st.integers(2, 10))
def test_train_candidates_are_all_bars_but_validation(start, length, n_folds):
    bars = BarRange(start, start + length)
    for part in purged_kfold(bars, kfold(n_folds)):
        together = np.concatenate([side.bars() for side in (*part.train, *part.validation)])
        assert sorted(together) == bars.bars().tolist()


@settings(deadline=None)
@given(st.integers(10, 200), st.integers(2, 10))
def test_blocks_are_those_of_scikit_learn(n_bars, n_folds):
    theirs = [test.tolist() for _, test in KFold(n_folds).split(np.zeros(n_bars))]
    ours = [part.validation[0].bars().tolist() for part in purged_kfold(BarRange(0, n_bars), kfold(n_folds))]
    assert ours == theirs


@settings(deadline=None, max_examples=60)
@given(
    n_folds=st.integers(2, 5),
    half=st.integers(16, 30),
    horizon=st.integers(0, 6),
    embargo=st.integers(0, 7),
)
def test_labels_of_fixed_width_are_purged_and_embargoed_as_skfolio_does(n_folds, half, horizon, embargo):
    # skfolio holds out two of its folds at least: two adjacent halves make one of our blocks.
    n_bars = 2 * n_folds * half
    theirs = CombinatorialPurgedCV(2 * n_folds, 2, purged_size=horizon, embargo_size=embargo)
    expected = {
        (tests[0][0], tests[1][-1]): train.tolist()
        for train, tests in theirs.split(np.zeros((n_bars, 1)))
        if tests[0][-1] + 1 == tests[1][0] and tests[0][0] % (2 * half) == 0
    }
    config = kfold(n_folds, embargo_bars=embargo, stop_fraction=NO_STOP)
    folds = make_folds(BarRange(0, n_bars), config, Intervals(np.arange(n_bars), np.arange(n_bars) + horizon))
    ours = {
        (f.validation[0].start, f.validation[0].stop - 1): [t for part in f.train for t in part.bars()] for f in folds
    }
    assert len(ours) == n_folds
    assert ours == expected


def test_a_single_fold_would_leave_nothing_to_train_on():
    with pytest.raises(ValidationError, match="2 or more for purged_kfold"):
        kfold(1)
