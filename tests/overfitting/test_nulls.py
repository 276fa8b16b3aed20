"""The markets without skill are what they are said to be: otherwise a calibration on them would say nothing."""

import numpy as np
import pytest
from tests.overfitting.nulls import BLOCKS, FOLDS, STRUCTURES, active_returns, block_scores, calls_and_labels

from trading_hpo.metrics.classification import classification_metrics


@pytest.mark.parametrize("structure", STRUCTURES)
def test_active_returns_have_clustered_volatility_fat_tails_and_no_mean(structure):
    each = np.concatenate([active_returns(seed, structure, 2, 1500) for seed in range(100)])
    t = each.mean(axis=1) / each.std(axis=1) * np.sqrt(1500)
    assert abs(t.mean()) < 0.3
    assert t.std() == pytest.approx(1.0, abs=0.2)
    sizes = np.abs(each)
    following = np.mean([np.corrcoef(one[:-1], one[1:])[0, 1] for one in sizes])
    assert following > 0.1
    assert np.median([np.mean(one**4) / np.mean(one**2) ** 2 for one in each]) > 4.5


@pytest.mark.parametrize(("structure", "expected"), [("independent", 0.0), ("factor", 0.5)])
def test_trials_have_in_common_what_was_asked(structure, expected):
    found = [np.corrcoef(active_returns(seed, structure, 2, 3000))[0, 1] for seed in range(20)]
    assert np.mean(found) == pytest.approx(expected, abs=0.05)


def test_labels_follow_each_other_and_calls_know_nothing_of_them():
    scores, following = [], []
    for seed in range(60):
        calls, labels = calls_and_labels(seed, 1, 800, 5)
        following.append(np.corrcoef(labels[0, :-1], labels[0, 1:])[0, 1])
        scores.append(classification_metrics(labels.ravel(), calls[0].ravel())["mcc"])
    assert np.mean(following) > 0.5
    assert abs(np.mean(scores)) < 0.02


def test_the_mean_of_block_scores_is_the_metric_of_the_folds_but_for_the_jackknifes_own_correction():
    calls, labels = calls_and_labels(3, 2, 960, 4, edge=0.5)
    folds = np.split(np.arange(960), FOLDS)
    found = [
        np.mean([classification_metrics(labels[:, fold].ravel(), one[:, fold].ravel())["mcc"] for fold in folds])
        for one in calls
    ]
    scores = block_scores(calls, labels)
    assert scores.shape == (2, FOLDS * BLOCKS)
    assert scores.mean(axis=1) == pytest.approx(found, abs=0.01)
    fold, block = folds[1], 2
    rest = np.delete(fold, np.arange(block * 30, (block + 1) * 30))
    whole, without = (
        classification_metrics(labels[:, bars].ravel(), calls[0][:, bars].ravel())["mcc"] for bars in (fold, rest)
    )
    assert scores[0, BLOCKS + block] == pytest.approx(BLOCKS * whole - (BLOCKS - 1) * without)
