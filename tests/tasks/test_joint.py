"""The joint task: its class and its return are those of the tasks alone, and each is judged by its own metrics."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, matthews_corrcoef, mean_absolute_error, r2_score

from trading_hpo.families.judgement import targets_of
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.metrics.compute import compute_metrics
from trading_hpo.tasks.head import LOGIT, VALUE, Head
from trading_hpo.tasks.joint import Joint
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import TASKS, label_of
from trading_hpo.tasks.task import Forecast

HEAD = Head("parts", parts=(LOGIT, VALUE))


@pytest.mark.parametrize("threshold", [0.0, 0.01])
def test_its_targets_are_those_of_direction_and_forward_return(us_tech, threshold):
    options = {"horizon_bars": 3, "threshold": threshold}
    joint = build_labels(us_tech, LabelsConfig(kind="joint", **options))
    for number, kind in ((1, "direction"), (2, "forward_return")):
        alone = build_labels(us_tech, LabelsConfig(kind=kind, **options))
        np.testing.assert_array_equal(joint[f"target_{number}"], alone["target"])
        assert joint["label_end"].equals(alone["label_end"])


def test_metrics_of_classes_judge_the_class_and_metrics_of_numbers_the_return(make_bars):
    bars, config = make_bars(200), LabelsConfig(kind="joint", horizon_bars=2)
    features = build_features(bars, FeaturesConfig(names=("return_1",)))
    panel = build_panel(features, build_labels(bars, config), label_of(config.task), 252.0)
    rows = np.flatnonzero(panel.labelled)
    output = np.random.default_rng(0).normal(size=(len(rows), 2)) + panel.target[rows] * [1, 30]
    unit = config.task.scale(panel.target[rows])
    forecast = config.task.forecast(output, HEAD, unit)
    called = output[:, 0] > 0
    forecast = Forecast(forecast.score, forecast.probability, forecast.values, called=called)
    found = compute_metrics(forecast, targets_of(panel, rows), None, regression_weight=0.4).values
    truth, moves = panel.target[rows].T
    assert found["mcc"] == pytest.approx(matthews_corrcoef(truth > 0.5, called))
    assert found["r2"] == pytest.approx(r2_score(moves, output[:, 1] * unit[1]))
    assert found["mae"] == pytest.approx(mean_absolute_error(moves, output[:, 1] * unit[1]))
    accuracy = accuracy_score(truth > 0.5, called)
    assert found["composite_accuracy"] == pytest.approx(0.6 * accuracy + 0.4 / (2 - found["r2"]))


def test_composite_accuracy_is_its_objective_and_its_class_is_what_is_called():
    assert TASKS["joint"].objective == "composite_accuracy"
    assert Joint().truth(np.array([[1.0, -5.0], [0.0, 5.0]])).tolist() == [True, False]
