"""Combinatorial purged cross-validation: the book's example, and what two libraries make of the same bars."""

from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from purgedcv import CombinatorialPurgedCV as TheirsByTime
from pydantic import ValidationError
from skfolio.model_selection import CombinatorialPurgedCV as TheirsByRows

from trading_hpo.splits.combinatorial import CombinatorialConfig, combinatorial
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange

NO_STOP = 1e-9  # so small a share that no bar is kept back


def config_of(groups=6, test_groups=2, **settings_):
    options = {"groups": groups, "test_groups": test_groups}
    n_folds = CombinatorialConfig(**options).n_folds
    return FoldsConfig(scheme="combinatorial", n_folds=n_folds, options=options, **settings_)


def sizes(most_groups=7):
    """N groups, k of them tested, in at most 50 folds."""
    pairs = [(n, k) for n in range(2, most_groups + 1) for k in range(1, n) if comb(n, k) <= 50]
    return st.sampled_from(pairs)


def fixed_width(n_groups, n_tested, length, horizon, embargo):
    """Train bars and validation ranges of each fold, where all labels end `horizon` bars later."""
    n_bars = n_groups * length
    config = config_of(n_groups, n_tested, embargo_bars=embargo, stop_fraction=NO_STOP)
    for fold in make_folds(BarRange(0, n_bars), config, Intervals(np.arange(n_bars), np.arange(n_bars) + horizon)):
        yield [int(bar) for part in fold.train for bar in part.bars()], fold


def test_six_groups_of_which_two_are_tested_make_fifteen_folds_and_five_paths_as_in_the_book():
    # Figures 12.1 and 12.2: the folds S1 to S15 that test each group, and the path that each is a part of.
    divisions = list(combinatorial(BarRange(0, 60), config_of()))
    tested = [[part.start // 10 + 1 for part in division.validation] for division in divisions]
    assert len(divisions) == CombinatorialConfig().n_folds == 15
    assert [number + 1 for number, groups in enumerate(tested) if 1 in groups] == [1, 2, 3, 4, 5]
    assert [number + 1 for number, groups in enumerate(tested) if 3 in groups] == [2, 6, 10, 11, 12]
    assert [number + 1 for number, groups in enumerate(tested) if 6 in groups] == [5, 9, 12, 14, 15]
    of_group = {
        group: [
            division.paths[groups.index(group)]
            for division, groups in zip(divisions, tested, strict=True)
            if group in groups
        ]
        for group in range(1, 7)
    }
    assert of_group == {group: [0, 1, 2, 3, 4] for group in range(1, 7)}


@pytest.mark.parametrize(
    ("groups", "test_groups", "folds", "paths"), [(6, 2, 15, 5), (10, 1, 10, 1), (5, 4, 5, 4), (10, 2, 45, 9)]
)
def test_there_are_n_choose_k_folds_and_k_of_n_as_many_paths(groups, test_groups, folds, paths):
    divisions = list(combinatorial(BarRange(0, 120), config_of(groups, test_groups)))
    assert len(divisions) == CombinatorialConfig(groups=groups, test_groups=test_groups).n_folds == folds
    assert {path for division in divisions for path in division.paths} == set(range(paths))
    assert paths == test_groups / groups * folds


@settings(deadline=None, max_examples=60)
@given(sizes(), st.integers(0, 40), st.integers(14, 200))
def test_train_candidates_are_the_bars_of_all_other_groups_in_as_few_ranges_as_there_are(size, start, length):
    bars = BarRange(start, start + length)
    for division in combinatorial(bars, config_of(*size)):
        together = np.concatenate([part.bars() for part in (*division.train, *division.validation)])
        assert sorted(together) == bars.bars().tolist()
        assert all(before.stop < after.start for before, after in zip(division.train, division.train[1:], strict=False))


@settings(deadline=None, max_examples=40)
@given(sizes(), st.integers(16, 24), st.integers(0, 5), st.integers(0, 6))
def test_labels_of_fixed_width_are_purged_embargoed_and_put_on_paths_as_skfolio_does(size, length, horizon, embargo):
    n_groups, n_tested = size
    assume(n_tested > 1)  # it refuses one
    theirs = TheirsByRows(n_groups, n_tested, purged_size=horizon, embargo_size=embargo)
    ours = list(fixed_width(n_groups, n_tested, length, horizon, embargo))
    split = list(theirs.split(np.zeros((n_groups * length, 1))))
    assert len(ours) == len(split) == theirs.get_n_splits()
    for (train, fold), (their_train, their_tests), their_paths in zip(ours, split, theirs.get_path_ids(), strict=True):
        assert train == their_train.tolist()
        assert [part.bars().tolist() for part in fold.validation] == [test.tolist() for test in their_tests]
        assert list(fold.paths) == their_paths.tolist()


@settings(deadline=None, max_examples=40)
@given(sizes(), st.integers(16, 24), st.integers(0, 5), st.integers(0, 6))
def test_labels_of_fixed_width_are_split_as_purgedcv_does_once_its_half_open_labels_end_a_bar_later(
    size, length, horizon, embargo
):
    """Its conventions, and how ours are said in them.

    Labels: half-open there, closed here. An end at bar t + h here is one at t + h + 1 there: with the same numbers it
    keeps a row more on each side of a test group, whose label touches the group's own bars or ends.
    Embargo: there a duration after each label's (open) end, both of its ends included, so that one of e bars would
    cover e + 1, and one of 0 none; here e bars after the closed end. A duration a little longer than e - 1 bars covers
    e. Its embargo by number of rows counts from the last test row, not from the end of its label: with labels over
    several bars it removes fewer rows than ours, which the book's 7.4.2 asks for.
    """
    n_groups, n_tested = size
    days = pd.date_range("2020-01-01", periods=n_groups * length, freq="D")
    theirs = TheirsByTime(
        n_groups,
        n_tested,
        prediction_times=days,
        evaluation_times=days + pd.Timedelta(days=horizon + 1),
        embargo=pd.Timedelta(days=embargo - 1, hours=1) if embargo else None,
    )
    ours = list(fixed_width(n_groups, n_tested, length, horizon, embargo))
    split = list(theirs.split(np.zeros((n_groups * length, 1))))
    assert len(ours) == len(split)
    for (train, fold), (their_train, their_test) in zip(ours, split, strict=True):
        assert [int(bar) for part in fold.validation for bar in part.bars()] == their_test.tolist()
        assert train == their_train.tolist()


@pytest.mark.parametrize(
    ("n_folds", "options", "said"),
    [
        (4, {}, "folds.n_folds must be 15 for combinatorial with groups=6, test_groups=2, got 4"),
        (15, {"groups": 5}, "folds.n_folds must be 10 for combinatorial with groups=5, test_groups=2, got 15"),
        (15, {"groups": 12}, "folds.options must make at most 50 folds of combinatorial, got 66 by groups=12, test_gr"),
        (1, {"groups": 40, "test_groups": 20}, "at most 50 folds of combinatorial, got 137,846,528,820 by"),
        (15, {"test_groups": 6}, r"folds.options.test_groups must be below the 6 groups, got 6"),
        (15, {"test_groups": 0}, r"folds.options.test_groups must be greater than or equal to 1, got 0"),
        (15, {"group": 6}, "folds.options.group is not a parameter. Did you mean 'groups'"),
    ],
)
def test_a_number_of_folds_that_contradicts_the_options_and_options_that_make_no_sense_are_refused(
    n_folds, options, said
):
    with pytest.raises(ValidationError, match=said):
        FoldsConfig(scheme="combinatorial", n_folds=n_folds, options=options)
