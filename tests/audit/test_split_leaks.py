"""Rows of train and stop whose labels reach into validation or holdout are counted, whoever has let them through."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.audit.split import split_leaks
from trading_hpo.reporting.audit_lines import audit_lines
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import Split, build_split
from trading_hpo.types import BarRange

HORIZON = 5


@pytest.fixture(scope="module")
def panel():
    return panel_of(2, 600, horizon=HORIZON, seed=0)


class Unpurged(Split):
    """Takes all rows of a range, whatever their labels read."""

    def rows(self, panel, fold, role, window_bars):
        return panel.rows(fold.role(role), window_bars)


def leaks(panel, split):
    return split_leaks(panel, split, 0.15, 3)


@pytest.mark.parametrize("scheme", ["walk_forward", "purged_kfold"])
def test_our_splits_are_clean(panel, scheme):
    split = build_split(panel, FoldsConfig(scheme=scheme, n_folds=3), HoldoutConfig())
    check = leaks(panel, split)
    assert check.status == "clean"
    assert int(check.looked_at.split()[0].replace(",", "")) > 1000


def test_train_rows_whose_labels_reach_into_validation_are_counted(panel):
    split = build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())
    fold = split.folds[0]
    (stop,), (validation,) = fold.stop, fold.validation
    up_to_it = replace(fold, stop=(BarRange(stop.start, validation.start),))
    leaky = Unpurged((up_to_it,), split.search, split.holdout)
    found, n_rows = leaks(panel, leaky).findings, len(leaky.rows(panel, up_to_it, "stop", 3))
    by_role = {finding.column: finding for finding in found if "meet validation" in finding.said}
    assert by_role["stop of fold 0"].size == 2 * HORIZON  # of two assets
    first = panel.timestamps[validation.start - HORIZON].isoformat()
    record = {"checks": [{**asdict(leaks(panel, leaky)), "status": "findings"}]}
    assert f"  stop of fold 0 at {first}: {2 * HORIZON} of {n_rows} labels meet validation" in audit_lines(record)


def test_a_train_range_within_validation_is_found_with_the_splits_own_rows(panel):
    split = build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())
    fold = split.folds[0]
    wide = replace(fold, train=(BarRange(0, fold.validation[0].stop - 20),))
    found = leaks(panel, Split((wide,), split.search, split.holdout)).findings
    assert [finding.column for finding in found] == ["train of fold 0"]
    assert found[0].size > 50


def test_labels_that_reach_into_the_holdout_are_found_in_folds_and_final_training(panel):
    split = build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())
    fold = split.folds[1]
    whole = BarRange(0, split.holdout.start)
    leaky = Unpurged((replace(fold, stop=(BarRange(fold.stop[0].start, split.holdout.start),)),), whole, split.holdout)
    found = {finding.column for finding in leaks(panel, leaky).findings if "meet the holdout" in finding.said}
    assert found == {"stop of fold 1", "stop of the final training"}


@given(gap=st.integers(0, 12))
def test_a_label_meets_validation_where_its_closed_interval_shares_a_bar_with_it(gap):
    """The slow twin: bar by bar."""
    panel = panel_of(1, 240, horizon=HORIZON, seed=0)
    base = build_split(panel, FoldsConfig(n_folds=1, min_role_bars=5), HoldoutConfig())
    validation = base.folds[0].validation[0]
    train = BarRange(5, validation.start - gap)
    fold = replace(base.folds[0], train=(train,), stop=())
    found = leaks(panel, Unpurged((fold,), base.search, base.holdout)).findings
    judged = {b for row in panel.rows((validation,), 3) for b in range(panel.bar[row], panel.label_end[row] + 1)}
    meet = sum(bool(judged & set(range(panel.bar[row], panel.label_end[row] + 1))) for row in panel.rows((train,), 3))
    counted = sum(
        finding.size for finding in found if finding.column == "train of fold 0" and "validation" in finding.said
    )
    assert counted == meet == max(0, HORIZON - gap)
    assert np.isfinite(counted)
