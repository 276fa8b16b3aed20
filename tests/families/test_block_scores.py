"""Forecast scores by block: their mean is the metric, their spread what resamples of the bars show."""

from dataclasses import replace

import numpy as np
import pytest

from trading_hpo.families import block_scores as ours
from trading_hpo.families.block_scores import LEAST_BLOCKS, forecast_metric, stretches
from trading_hpo.families.judgement import JudgedRows
from trading_hpo.metrics.compute import forecast_value
from trading_hpo.metrics.metric import Targets
from trading_hpo.overfitting.best_of_many import by_blocks
from trading_hpo.splits.combinatorial import combinatorial
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.tasks.task import Forecast
from trading_hpo.types import BarRange

A = 5


def block_scores(folds, metric, weight, label_bars=1, of_constant=False):
    """Of folds that share no bar: each is moved behind the one before."""
    placed = [rows and replace(rows, bar=rows.bar + 10_000 * place) for place, rows in enumerate(folds)]
    validated = [[BarRange(10_000 * place, 10_000 * (place + 1))] for place in range(len(folds))]
    return ours.block_scores(placed, validated, metric, weight, label_bars, of_constant)


def judged(n_bars=400, edge=0.0, seed=0, one_class=False):
    """Calls of A assets on every bar, and the forecast that is always positive."""
    random = np.random.default_rng(seed)
    bar = np.repeat(np.arange(100, 100 + n_bars), A)
    truth = np.ones(len(bar), bool) if one_class else random.random(len(bar)) < 0.55
    score = random.normal(size=len(bar)) + edge * truth
    forecast = Forecast(score, probability=1 / (1 + np.exp(-score)), called=score > 0)
    always = np.ones(len(bar))
    constant = Forecast(always, probability=0.55 * always, called=always > 0)
    return JudgedRows(forecast, constant, Targets(truth[:, None].astype(float), truth), bar)


def values(folds, metric, of_constant=False):
    own = [(rows.constant if of_constant else rows.forecast, rows.targets) for rows in folds]
    return [forecast_value(metric, forecast, targets, 0.3) for forecast, targets in own]


@pytest.mark.parametrize("metric", ["mcc", "accuracy", "auc", "ic", "composite_accuracy"])
@pytest.mark.parametrize("of_constant", [False, True])
def test_their_mean_is_the_mean_over_folds_but_for_the_bias_of_small_samples(metric, of_constant):
    folds = [judged(edge=0.3, seed=seed) for seed in range(4)]
    scores = block_scores(folds, metric, 0.3, of_constant=of_constant)
    assert len(scores) == 32
    assert scores.mean() == pytest.approx(np.mean(values(folds, metric, of_constant)), abs=0.003)


def test_of_a_mean_they_are_the_means_of_the_blocks():
    rows = judged()
    right = (rows.forecast.called == rows.targets.positive).reshape(400, A)
    by_block = [part.mean() for part in np.split(right, 20)]
    assert block_scores([rows], "accuracy", 0.3) == pytest.approx(by_block)


def test_the_less_the_better_is_turned_round():
    folds = [judged(seed=seed) for seed in range(4)]
    assert block_scores(folds, "mse", 0.3).mean() == pytest.approx(-np.mean(values(folds, "mse")), abs=0.003)


def test_their_spread_is_the_standard_error_of_the_metric():
    each = [block_scores([judged(seed=4 * n + fold) for fold in range(4)], "mcc", 0.3) for n in range(60)]
    estimated = np.mean([scores.std(ddof=1) / np.sqrt(len(scores) - 4) for scores in each])
    assert estimated == pytest.approx(np.std([scores.mean() for scores in each], ddof=1), rel=0.25)


def test_rows_of_one_bar_stay_in_one_block_and_gaps_between_ranges_are_none():
    rows = judged()
    later = JudgedRows(rows.forecast, rows.constant, rows.targets, rows.bar + 1000 * (rows.bar >= 250))
    assert block_scores([later], "mcc", 0.3).tolist() == block_scores([rows], "mcc", 0.3).tolist()


@pytest.mark.parametrize(("n_folds", "expected"), [(1, 20), (2, 20), (3, 24), (6, 48)])
def test_there_are_eight_of_a_fold_and_twenty_in_all(n_folds, expected):
    assert len(block_scores([judged()] * n_folds, "mcc", 0.3)) == expected
    assert expected >= LEAST_BLOCKS


@pytest.mark.parametrize(
    ("n_bars", "label_bars", "expected"),
    [(400, 1, 32), (160, 10, 32), (159, 10, 28), (100, 10, 20), (99, 10, None), (400, 50, None)],
)
def test_a_block_is_twice_as_long_as_labels_and_twenty_are_needed(n_bars, label_bars, expected):
    scores = block_scores([judged(n_bars=n_bars, seed=seed) for seed in range(4)], "mcc", 0.3, label_bars)
    assert (None if scores is None else len(scores)) == expected


@pytest.mark.parametrize(
    "folds",
    [
        [judged(), None],
        [judged(), judged(n_bars=1)],
        [judged(n_bars=18)],  # blocks of two bars: nine
        [JudgedRows(judged().forecast, None, judged().targets, judged().bar)],
    ],
    ids=["a family that does not say", "one bar", "too few blocks", "no constant forecast"],
)
def test_where_there_are_none_there_are_none(folds):
    of_constant = folds[0].constant is None
    assert block_scores(folds, "mcc", 0.3, of_constant=of_constant) is None


def test_a_metric_without_a_value_has_no_scores():
    assert block_scores([judged(one_class=True)] * 4, "auc", 0.3) is None


# Where a bar is validated by several folds


DIVISIONS = list(combinatorial(BarRange(100, 580), FoldsConfig(scheme="combinatorial", n_folds=15)))


def combined(edge=0.0, seed=0, common=1.0):
    """What 15 models call on the two of six groups that each is judged on, and the ranges; they share what they see."""
    validated = [division.validation for division in DIVISIONS]
    random, whole = np.random.default_rng(seed), judged(480, edge, seed)
    folds = []
    for ranges in validated:
        own = np.any([(whole.bar >= part.start) & (whole.bar < part.stop) for part in ranges], axis=0)
        score = common * whole.forecast.score[own] + (1 - common) * random.normal(size=own.sum())
        forecast = Forecast(score, probability=1 / (1 + np.exp(-score)), called=score > 0)
        folds.append(JudgedRows(forecast, whole.constant.at(own), whole.targets.at(own), whole.bar[own]))
    return whole, folds, validated


def test_no_bar_counts_twice_the_score_of_a_block_is_the_mean_over_its_folds():
    _, folds, validated = combined(common=0.5)
    assert [len(part) for part in stretches(validated)] == [80] * 6
    scores = ours.block_scores(folds, validated, "accuracy", 0.3)
    right = np.zeros(580)
    for rows in folds:
        np.add.at(right, rows.bar, (rows.forecast.called == rows.targets.positive) / (5 * A))
    assert scores == pytest.approx(right[100:].reshape(48, 10).mean(axis=1))


@pytest.mark.parametrize("metric", ["mcc", "accuracy", "auc"])
def test_their_mean_is_the_mean_over_paths(metric):
    _, folds, validated = combined(edge=0.5, common=0.5)
    scores = ours.block_scores(folds, validated, metric, 0.3)
    expected = mean_over_paths(values(folds, metric), [division.paths for division in DIVISIONS])
    assert scores.mean() == pytest.approx(expected, abs=0.003)


def test_folds_that_call_alike_leave_the_scores_of_one_that_calls_all():
    whole, folds, validated = combined(edge=0.3)
    alone = ours.block_scores([whole], [stretches(validated)], "accuracy", 0.3)
    assert ours.block_scores(folds, validated, "accuracy", 0.3) == pytest.approx(alone)


def test_without_skill_folds_that_share_bars_are_called_significant_no_more_often_than_they_should_be():
    n_nulls, found, twice = 50, 0, 0
    for seed in range(n_nulls):
        _, folds, validated = combined(seed=seed)
        by_bar = ours.block_scores(folds, validated, "accuracy", 0.3) - 0.5
        each = [
            ours.block_scores([rows], [ranges], "accuracy", 0.3) - 0.5
            for rows, ranges in zip(folds, validated, strict=True)
        ]
        found += by_blocks(by_bar[None], 0, 1, n_folds=6, n_draws=1000).p_value < 0.05
        twice += by_blocks(np.concatenate(each)[None], 0, 1, n_folds=15, n_draws=1000).p_value < 0.05
    assert found <= 7  # at 5 % more are seen in one of 80 such series
    assert twice >= 10  # what counting each bar five times would have said


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        (["mcc"], "mcc"),
        (["training_time_s", "f1_positive", "mcc"], "f1_positive"),
        (["sharpe", "model_size_mb"], "ic"),
        (["positive_rate"], "ic"),  # by itself neither good nor bad
        ([], "ic"),
    ],
)
def test_the_first_objective_that_judges_a_forecast_is_compared(objectives, expected):
    assert forecast_metric(objectives, "ic") == expected
