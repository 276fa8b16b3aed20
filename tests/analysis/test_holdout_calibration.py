"""The test of a forecast on the holdout calls as many forecasts without skill better as it says it does."""

import math
from dataclasses import replace

import numpy as np
import pytest

from trading_hpo.analysis import holdout_errors
from trading_hpo.analysis.holdout import forecast_test
from trading_hpo.analysis.holdout_errors import standard_errors
from trading_hpo.families.judgement import JudgedRows, Judgement
from trading_hpo.metrics.compute import Metrics, compute_metrics, forecast_value
from trading_hpo.metrics.metric import Returns, Targets
from trading_hpo.tasks.task import Forecast

T, A = 850, 5  # the holdout of the base run has as many bars
IN_COMMON = 0.4  # of what moves the assets


def moving(random, persistence):
    """A numbers per bar that follow those of the bar before, partly in common."""
    shocks = math.sqrt(1 - IN_COMMON) * random.normal(size=(T, A)) + math.sqrt(IN_COMMON) * random.normal(size=(T, 1))
    numbers = np.zeros((T, A))
    for bar in range(1, T):
        numbers[bar] = persistence * numbers[bar - 1] + math.sqrt(1 - persistence**2) * shocks[bar]
    return numbers.ravel()


def judged_of(seed, persistence=0.0, skill=0.0):
    """A forecast that knows of the truth what its skill says."""
    random = np.random.default_rng(seed)
    hidden = moving(random, persistence)
    truth, score = hidden > -0.1, moving(random, persistence) + skill * hidden
    always, bar = np.ones(T * A), np.repeat(np.arange(T), A)
    forecast = Forecast(score, probability=1 / (1 + np.exp(-score)), called=score > 0)
    constant = Forecast(always, probability=0.5 * always, called=always > 0)
    rows = JudgedRows(forecast, constant, Targets(truth[:, None].astype(float), truth), bar)
    traded = Returns(random.normal(0, 0.01, T), 252.0, np.full(T, 0.1))
    found = compute_metrics(forecast, rows.targets, traded, None, regression_weight=0.3)
    return Judgement(found.values, found.no_value, traded, np.arange(T), None, rows)


def p_value(seed, persistence=0.0, skill=0.0):
    judged = judged_of(seed, persistence, skill)
    return forecast_test(judged, "mcc", standard_errors(judged, "mcc", 1, 0.3), 0.3)["p_value"]


@pytest.mark.long(part="calibration")
@pytest.mark.parametrize(("persistence", "at_most"), [(0.0, 64), (0.5, 64), (0.9, 64), (0.97, 100)])
def test_of_a_thousand_forecasts_without_skill_as_many_are_called_better_as_is_said(persistence, at_most):
    """64 is the 97.5 % bound of a true 5 %; the pages say that regimes of dozens of bars do not keep it."""
    called = sum(p_value(seed, persistence) <= 0.05 for seed in range(1000))
    print(f"persistence {persistence}: {called} of 1,000 without skill are called better")
    assert called <= at_most


def test_of_two_hundred_forecasts_without_skill_few_are_called_better_and_with_skill_all_are(monkeypatch):
    """16 is the 97.5 % bound of a true 5 %. Resamples are judged by mcc alone: other metrics take most of the time."""

    def only_mcc(forecast, targets, *_, regression_weight):
        return Metrics({"mcc": forecast_value("mcc", forecast, targets, regression_weight)}, {})

    with_all_metrics = p_value(0)
    monkeypatch.setattr(holdout_errors, "compute_metrics", only_mcc)
    assert p_value(0) == with_all_metrics
    assert sum(p_value(seed) <= 0.05 for seed in range(200)) <= 16
    assert all(p_value(seed, skill=0.2) <= 0.05 for seed in range(5))


def test_fewer_blocks_make_the_same_difference_less_sure():
    judged = judged_of(0, skill=0.2)
    errors = standard_errors(judged, "mcc", 1, 0.3)
    many, few = (forecast_test(judged, "mcc", own, 0.3)["p_value"] for own in (errors, replace(errors, n_blocks=5.0)))
    assert many < few
