"""Which samples each role and asset has, what is said of them, and why an asset has none."""

from dataclasses import replace

import numpy as np
import pytest
from tests.makers.panels import panel_of

from trading_hpo.errors import DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.splits.samples import (
    _one_class_alone,
    check_final_training,
    check_samples,
    in_words,
    sample_counts,
    untrained,
)

L = 10
N_BARS = 400


def world(present: np.ndarray, observed: np.ndarray | None = None, horizon: int = 1):
    target = np.resize([0.0, 1.0], present.shape).astype("f4")[..., None]
    fields = {} if observed is None else {"observed": observed}
    panel = panel_of(present=present, target=target, horizon=horizon, **fields)
    return panel, build_split(panel, FoldsConfig(n_folds=2, min_role_bars=5), HoldoutConfig())


def all_there(n_assets: int = 3) -> np.ndarray:
    return np.ones((n_assets, N_BARS), dtype=bool)


def test_counts_are_those_of_the_rows_of_each_role_and_asset():
    present = all_there()
    present[1, ::7] = False
    panel, split = world(present)
    counts = sample_counts(panel, split, L)
    assert len(counts) == (2 * 3 + 1) * 3
    for fold in split.folds:
        for role in ("train", "stop", "validation"):
            rows = split.rows(panel, fold, role, L)
            own = counts[(counts["fold"] == fold.number) & (counts["role"] == role)]
            assert own["samples"].tolist() == [int((panel.asset[rows] == asset).sum()) for asset in range(3)]
    assert counts[counts["fold"] == -1]["samples"].sum() == len(panel.rows((split.holdout,), L))


def test_what_is_said_names_the_roles_and_the_asset_with_the_fewest():
    present = all_there()
    present[2, :200] = False
    counts = sample_counts(*world(present), L)
    totals = counts.groupby("role")["samples"].sum()
    said = in_words(counts)
    assert said.startswith(f"Samples: train {totals['train']:,}, stop {totals['stop']:,}, validation ")
    assert said.endswith(" an asset, fewest C.")
    assert "an asset" not in in_words(sample_counts(*world(all_there(1)), L))


def test_an_asset_that_is_validated_and_never_trained_on_is_named():
    present = all_there()
    assert untrained(sample_counts(*world(present), L)) == []
    present[1, :160] = False  # within the first fold's validation
    assert untrained(sample_counts(*world(present), L)) == ["B"]


SHORT = all_there()
SHORT[1, 12:] = False
TORN = all_there()
TORN[1, 8::9] = False
BETWEEN = all_there()
BETWEEN[1, 15:] = False


@pytest.mark.parametrize(
    ("present", "observed", "horizon", "reason"),
    [
        (all_there(), np.array([[1], [0], [1]]) * all_there(), 1, "none of its 400 bars .* has all features"),
        (all_there(), TORN, 1, "at most 8 of its 400 bars .* in a row have all features, windows need 10"),
        (BETWEEN, None, 6, "none of its 15 bars .* has both a window of 10 bars and a label"),
    ],
    ids=["no features", "torn", "no label"],
)
def test_an_asset_without_a_sample_is_refused_with_the_reason(present, observed, horizon, reason):
    panel, split = world(present, observed, horizon)
    with pytest.raises(DataError, match=rf"asset B must have samples, got none: {reason}") as refused:
        check_samples(panel, split, L)
    assert len(refused.value.problems) == 1


def test_an_asset_whose_samples_lie_in_no_role_is_refused():
    panel, split = world(SHORT)
    late = [replace(fold, train=(replace(fold.train[0], start=50),)) for fold in split.folds]
    with pytest.raises(DataError, match=r"asset B .* with a window and a label lie in no role of any fold"):
        check_samples(panel, replace(split, folds=tuple(late)), L)


def test_a_final_training_without_both_classes_among_its_stop_rows_is_refused():
    panel, split = world(all_there(1))
    check_final_training(panel, split, 0.2, L)
    fold = split.final_fold(0.2)
    panel.target[split.rows(panel, fold, "stop", L)] = 1.0
    with pytest.raises(DataError, match=r"stop of the final training \(folds\.stop_fraction\) must have both classes"):
        check_final_training(panel, split, 0.2, L)


def test_a_final_training_whose_tail_has_no_window_is_refused():
    present = all_there(1)
    panel, split = world(present)
    observed = present.copy()
    fold = split.final_fold(0.05)
    observed[0, fold.stop[0].bars()] = False
    panel = replace(panel, observed=observed[0])
    with pytest.raises(DataError, match=r"stop of the final training .* must have samples"):
        check_final_training(panel, split, 0.05, L)


def test_of_a_class_and_a_number_the_class_alone_must_have_both_values():
    targets = np.array([[1.0, 0.5], [0.0, 0.5]])
    assert _one_class_alone("joint", targets).tolist() == [False, False]
    assert _one_class_alone("joint", targets[:1].repeat(2, axis=0)).tolist() == [True, False]
    assert _one_class_alone("class", targets).tolist() == [False, True]
    assert _one_class_alone("number", targets).tolist() == [False, False]
