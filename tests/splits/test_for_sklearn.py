"""Every splitter as one of scikit-learn's: its protocol, its users, and the same rows as the search has."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import PurgedKFold, WalkForwardSplit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from tests.makers.panels import panel_of

from trading_hpo.splits.for_sklearn import PurgedSplit
from trading_hpo.splits.purging import Intervals, rows_of
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange

N = 240
BARS = np.arange(N)
END = BARS + 3


def xy(n=N):
    random = np.random.default_rng(0)
    x = random.normal(size=(n, 2))
    return x, (x[:, 0] + random.normal(size=n) > 0).astype(int)


@pytest.mark.parametrize("scheme", SPLITTERS)
def test_scikit_learn_scores_searches_and_clones_with_it(scheme):
    x, y = xy()
    folds = PurgedSplit(END, scheme, embargo_bars=2)
    n_folds = folds.get_n_splits(x, y)
    assert len(cross_val_score(LogisticRegression(), x, y, cv=folds)) == n_folds
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=clone(folds)).fit(x, y)
    assert search.n_splits_ == n_folds
    ours, copied = (list(one.split(x, y, groups=None)) for one in (folds, clone(folds)))
    for (train, test), (same_train, same_test) in zip(ours, copied, strict=True):
        assert train.tolist() == same_train.tolist()
        assert test.tolist() == same_test.tolist()
    assert "END" not in repr(folds)


def test_where_each_row_is_tested_once_scikit_learn_forecasts_all_of_them():
    x, y = xy()
    assert len(cross_val_predict(LogisticRegression(), x, y, cv=PurgedSplit(END))) == N


@st.composite
def panels(draw):
    """Rows of several assets, of which bars are missing, with labels of any length."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = random.random((draw(st.integers(1, 3)), 150)) >= draw(st.sampled_from([0.0, 0.3]))
    panel = panel_of(present=present, horizon=draw(st.integers(1, 4)))
    kept = np.flatnonzero(panel.labelled & panel.observed)
    return panel, random.permutation(kept)


@pytest.mark.parametrize("scheme", SPLITTERS)
@settings(deadline=None, max_examples=20)
@given(panels(), st.integers(0, 4))
def test_its_rows_are_those_of_the_search_in_any_order_of_a_panel(scheme, drawn, embargo):
    panel, rows = drawn
    split = PurgedSplit(panel.label_end[rows], scheme, embargo_bars=embargo, bar=panel.bar[rows])
    config = split._config().model_copy(update={"stop_fraction": 0.0})
    bars = BarRange(int(panel.bar[rows].min()), int(panel.bar[rows].max()) + 1)
    folds = make_folds(bars, config, Intervals(panel.bar[rows], panel.label_end[rows]))
    for (train, test), fold in zip(split.split(np.zeros(len(rows))), folds, strict=True):
        for found, role in ((train, "train"), (test, "validation")):
            assert found.tolist() == sorted(found)
            assert set(rows[found]) == set(rows_of(panel, fold, role, panel.n_bars, 1))


def test_each_path_of_combinatorial_tests_every_row_once():
    split = PurgedSplit(END, "combinatorial", options={"groups": 5, "test_groups": 3})
    passes = np.zeros((6, N), int)
    for path, (_, test) in zip(split.paths(), split.split(BARS), strict=True):
        np.add.at(passes, (path, test), 1)
    assert split.get_n_splits() == 10
    assert (passes == 1).all()


def by_day(bars):
    return pd.Timestamp("2020-01-01") + pd.to_timedelta(bars, unit="D")


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(0, 4))
def test_purged_kfold_has_the_rows_of_purgedcv_wherever_it_gives_no_test_row_up(seed, n_folds, embargo):
    # Its half-open labels end a bar later, its embargo of a duration covers both ends: see test_combinatorial.py.
    # A test row whose label ends long after the others costs fewer rows here, as `embargo_after` says; it waits for it.
    random = np.random.default_rng(seed)
    end = BARS + np.where(random.random(N) < 0.02, random.integers(5, 30, N), random.integers(0, 4, N))
    theirs = PurgedKFold(
        n_folds,
        prediction_times=by_day(BARS),
        evaluation_times=by_day(end + 1),
        embargo=pd.Timedelta(days=embargo - 1, hours=1) if embargo else None,
    )
    pairs = zip(PurgedSplit(end, n_folds=n_folds, embargo_bars=embargo).split(BARS), theirs.split(BARS), strict=True)
    for (train, test), (their_train, their_test) in pairs:
        assert set(test) <= set(their_test)
        assert set(their_train) <= set(train)
        if len(test) == len(their_test):
            assert train.tolist() == their_train.tolist()


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_walk_forward_has_the_rows_of_purgedcv_where_its_window_expands(seed, n_folds):
    # Where its window slides it counts rows that are left after the purge, ours bars before it.
    end = BARS + np.random.default_rng(seed).integers(0, 6, N)
    size = N // 2 // n_folds
    theirs = WalkForwardSplit(n_folds, size, prediction_times=by_day(BARS), evaluation_times=by_day(end + 1))
    ours = PurgedSplit(end, "walk_forward", n_folds=n_folds, first_train_fraction=1 - n_folds * size / N)
    for (train, test), (their_train, their_test) in zip(ours.split(BARS), theirs.split(BARS), strict=True):
        assert test.tolist() == their_test.tolist()
        assert train.tolist() == their_train.tolist()


@pytest.mark.parametrize(
    ("settings_", "rows", "said"),
    [
        ({}, N - 1, f"X must have a row for each of {N} label ends, got {N - 1}."),
        ({"bar": BARS[1:]}, N, f"of the same rows, got shapes ({N},) and ({N - 1},)"),
        ({"label_end": by_day(BARS)}, N, "must be whole numbers of bars, got datetime64"),
        ({"label_end": BARS - 1}, N, f"label_end must not be before the row's own bar, got {N} of {N} that are."),
        ({"scheme": "kfold"}, N, "scheme: unknown splitter 'kfold'"),
        ({"label_end": []}, 0, "label_end must have a number for each row, got no rows."),
        ({"label_end": END[:, None]}, N, f"of the same rows, got shapes ({N}, 1) and ({N},)"),
        ({"n_folds": 1}, N, "n_folds must be 2 or more for purged_kfold, got 1."),
        ({"scheme": "combinatorial", "n_folds": 4}, N, "n_folds must be 15 for combinatorial"),
        (
            {"scheme": "combinatorial", "options": {"groups": 1}},
            N,
            "options.groups must be greater than or equal to 2, got 1.",
        ),
        ({"options": {"groups": 5}}, N, "options must be empty for purged_kfold, got {'groups': 5}."),
        (
            {"embargo_bars": 200},
            N,
            "fold 0 of purged_kfold must have rows to train on and to test, got 0 and 60 of 240. Take fewer folds, an "
            "embargo below 200 bars, or more rows.",
        ),
        (
            {"label_end": END[:40], "n_folds": 45},
            40,
            "fold 0 of purged_kfold must have rows to train on and to test, got 39 and 0 of 40. Take fewer folds, or "
            "more rows.",
        ),
    ],
)
def test_what_makes_no_folds_is_refused_in_one_sentence(settings_, rows, said):
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        list(PurgedSplit(**{"label_end": END, **settings_}).split(np.zeros(rows)))
    assert "folds." not in str(refused.value).split()[0]  # the class has no group of parameters


def test_there_may_be_more_folds_than_a_search_can_pay_for():
    assert len(list(PurgedSplit(END, n_folds=80).split(BARS))) == 80
    of_twelve = PurgedSplit(END, "combinatorial", options={"groups": 12})
    assert len(list(of_twelve.split(BARS))) == of_twelve.get_n_splits() == 66
