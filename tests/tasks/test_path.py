"""The path task: labels of the longest path, whatever a trial learns of it, and one yardstick for all trials."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import problems_of
from trading_hpo.families.judgement import targets_of, weights_of
from trading_hpo.families.networks.fitting import Fitting, Recipe
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.tasks.head import VALUE, Head
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.path import Path
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.config import TrainingConfig
from trading_hpo.training.windows import Windows

LABELS = LabelsConfig(kind="path", horizon_bars=4, judged_bars=2)
TRAINING = TrainingConfig(epochs=1, window_bars=3, loss="mse")
SMALL = {"hidden_dim_1": 8, "hidden_dim_2": 4, "batch_size": 32}


@pytest.fixture(scope="module")
def panel(make_bars):
    bars = make_bars(200)
    features = build_features(bars, FeaturesConfig(names=("return_1", "bar_range")))
    return build_panel(features, build_labels(bars, LABELS), label_of(LABELS.task), 252.0)


def test_the_targets_are_the_returns_of_each_of_the_next_bars(make_bars):
    bars = make_bars(60, ("AAA",))
    table, close = build_labels(bars, LABELS), bars["close"].to_numpy()
    for step in range(1, 5):
        slow = np.float32([close[t + step] / close[t + step - 1] - 1 for t in range(56)])
        np.testing.assert_array_equal(table[f"target_{step}"][:56], slow)
        np.testing.assert_array_equal(table[f"forward_return_{step}"][:56], slow)
    assert table["label_end"][:56].tolist() == bars["timestamp"][4:].tolist()  # of the longest path, judged or not
    assert table["label_end"][56:].isna().all()


def test_a_row_is_positive_where_the_price_is_higher_after_the_judged_steps(make_bars, panel):
    close = make_bars(200)["close"].to_numpy().reshape(2, 200)
    rows = np.flatnonzero(panel.labelled)
    after, now = close[panel.asset[rows], panel.bar[rows] + 2], close[panel.asset[rows], panel.bar[rows]]
    targets = targets_of(panel, rows)
    assert targets.positive.tolist() == (after > now).tolist()
    assert targets.returns == slice(0, 2)
    np.testing.assert_allclose((1 + targets.values[:, targets.returns]).prod(axis=1), after / now, rtol=1e-5)


@pytest.mark.parametrize("n_steps", [2, 3, 4])
def test_a_forecast_says_the_judged_steps_however_many_were_learned(n_steps):
    task, unit = LABELS.task, np.array([0.01, 0.02, 0.03, 0.04])[:n_steps]
    output = np.random.default_rng(0).normal(size=(30, n_steps))
    forecast = task.forecast(output, VALUE, unit)
    np.testing.assert_allclose(forecast.values, output[:, :2] * [0.01, 0.02])
    cumulative = (1 + output[:, 0] * 0.01) * (1 + output[:, 1] * 0.02) - 1
    np.testing.assert_allclose(forecast.score, cumulative / np.hypot(0.01, 0.02))
    assert forecast.called is None
    quantiles = task.forecast(np.tile([-1.0, 0.5, 2.0], (30, n_steps)), Head("quantiles", (0.1, 0.5, 0.9)), unit)
    np.testing.assert_allclose(quantiles.quantiles[0], [[-0.01, 0.005, 0.02], [-0.02, 0.01, 0.04]])
    np.testing.assert_allclose(quantiles.score, (1.005 * 1.01 - 1) / np.hypot(0.01, 0.02))


def fitting(panel, **parameters):
    recipe = Recipe.of("mlp", SMALL | parameters, panel, TRAINING, seed=0)
    rows = np.flatnonzero(panel.labelled & panel.observed & (panel.place >= 2))
    made = Fitting(recipe, panel, Windows(panel, 3), 0, rows[:120], rows[120:180])
    (epoch,) = made.epochs(BacktestConfig(), bool)
    return recipe, made, epoch, made.forecast(rows[200:], 1, bool)


def test_the_loss_sees_the_steps_that_a_trial_learns_and_no_later_one(panel):
    recipe, made, epoch, forecast = fitting(panel, pred_len=3)
    assert recipe.architecture.n_outputs == 3
    assert made.unit.shape == (3,)
    later = np.where(np.arange(4) == 3, panel.target * 7 + 1, panel.target)
    other = fitting(replace(panel, target=later.astype("f4")), pred_len=3)
    assert (other[2].train_loss, other[2].stop_loss) == (epoch.train_loss, epoch.stop_loss)
    assert other[3].score.tobytes() == forecast.score.tobytes()
    seen = fitting(replace(panel, target=later.astype("f4")))
    assert seen[0].architecture.n_outputs == 4
    assert seen[2].train_loss != fitting(panel)[2].train_loss
    assert forecast.values.shape[1] == seen[3].values.shape[1] == 2


def test_a_call_is_held_for_the_judged_bars(panel):
    """Not for H: it says nothing of what comes after."""
    rows = np.flatnonzero(panel.asset == 0)
    score = (np.arange(len(rows)) == 50).astype(float)
    weights, _ = weights_of(panel, rows, Forecast(score), Decision(0.5), BacktestConfig(), np.arange(panel.n_bars))
    assert np.flatnonzero(weights[:, 0]).tolist() == [50, 51]


def test_the_constant_forecast_is_the_mean_of_each_judged_step(panel):
    targets = panel.target[panel.labelled]
    forecast, decision = LABELS.task.baseline(targets, 3)
    np.testing.assert_allclose(forecast.values, np.tile(targets[:, :2].mean(axis=0), (3, 1)), rtol=1e-4)
    assert decision.calls(forecast).tolist() == [LABELS.task.truth(targets).mean() > 0.5] * 3


def test_all_steps_are_judged_where_nothing_else_is_said():
    assert Path(horizon_bars=5).judged_steps == 5
    assert LabelsConfig(kind="path", horizon_bars=5, judged_bars=None).task == Path(horizon_bars=5)


def test_more_judged_steps_than_there_are_labels_are_refused():
    with pytest.raises(ValidationError) as caught:
        LabelsConfig(kind="path", horizon_bars=2, judged_bars=3)
    assert problems_of(caught.value, LabelsConfig, "labels") == [
        "labels.judged_bars must be at most horizon_bars (2), got 3. Lower it, or raise horizon_bars."
    ]
