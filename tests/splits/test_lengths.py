"""Folds whose roles are too short: what the message asks for, and that it is enough."""

import re

import numpy as np
import pytest
from tests.makers.panels import panel_of

from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split


def split_of(n_bars=400, horizon=1, lookback_bars=0, **folds):
    panel = panel_of(1, n_bars, horizon=horizon)
    return build_split(panel, FoldsConfig(**folds), HoldoutConfig(), lookback_bars)


def test_an_embargo_that_empties_train_is_answered_with_the_longest_that_does_not():
    # Of 319 search bars each half is validated once, and the other is all there is to train on.
    settings = {"scheme": "purged_kfold", "n_folds": 2}
    with pytest.raises(DataError, match=r"An embargo of \d+ bars would do: folds.embargo_bars is 150") as caught:
        split_of(**settings, embargo_bars=150)
    most = int(re.search(r"embargo of (\d+) bars", str(caught.value)).group(1))
    assert 50 < most < 150
    assert split_of(**settings, embargo_bars=most)
    with pytest.raises(DataError):
        split_of(**settings, embargo_bars=most + 1)


def test_too_few_bars_whatever_the_embargo_are_not_blamed_on_it():
    with pytest.raises(DataError) as caught:
        split_of(60, scheme="purged_kfold", n_folds=4, embargo_bars=5)
    assert "embargo" not in str(caught.value)


def test_groups_no_longer_than_a_label_are_answered_with_how_many_are_longer():
    settings = {"scheme": "combinatorial", "min_role_bars": 5}
    with pytest.raises(
        ConfigurationError,
        match=r"combinatorial must have validation blocks longer than a label \(30 bars\), got blocks of 29 bars\. At "
        r"most 9 blocks of the 296 bars are so long: lower the number of groups in folds\.options",
    ):
        split_of(437, 30, **settings, n_folds=45, options={"groups": 10, "test_groups": 2}, embargo_bars=0)


def test_a_label_of_an_asset_that_was_suspended_is_not_taken_for_the_length_of_all():
    present = np.ones((3, 400))
    present[0, 100:250] = 0
    panel = panel_of(present=present)
    config = FoldsConfig(scheme="combinatorial", n_folds=15, min_role_bars=5)
    assert len(build_split(panel, config, HoldoutConfig()).folds) == 15


def test_too_few_bars_for_combinatorial_name_the_options_and_not_the_number_of_folds():
    with pytest.raises(
        DataError, match=r"15 combinatorial folds need \d+ bars .* Lower the number of groups in"
    ) as caught:
        split_of(100, scheme="combinatorial", n_folds=15)
    assert "folds.n_folds" not in str(caught.value)


def test_windows_whose_purge_empties_train_are_answered_with_leaving_it_out():
    settings = {"scheme": "purged_kfold", "n_folds": 4, "purge_windows": True}
    with pytest.raises(DataError, match=r"So would folds\.purge_windows=false: it takes 300 bars after each") as caught:
        split_of(**settings, lookback_bars=300)
    needed = int(re.search(r"need (\d+) bars", str(caught.value)).group(1))
    assert split_of(needed * 5 // 4 + 3, **settings, lookback_bars=300)
    assert split_of(**settings)
