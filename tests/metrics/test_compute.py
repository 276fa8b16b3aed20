"""What every metric keeps, and what a metric from elsewhere is given."""

from dataclasses import replace

import numpy as np
import pytest

from trading_hpo.metrics.compute import compute_metric, compute_metrics, no_value_of
from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.metric import Metric, NoValue, Returns, Targets
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import Forecast

RANDOM = np.random.default_rng(0)
POSITIVE = RANDOM.random(60) < 0.5
SCORE = RANDOM.normal(size=60)
FORECAST = Forecast(SCORE, probability=1 / (1 + np.exp(-SCORE)), called=SCORE > 0)
TARGETS = Targets(POSITIVE.astype(float)[:, None], POSITIVE)
RETURNS = Returns(RANDOM.normal(0, 0.01, 20), 252.0, np.full(20, 0.1), np.linspace(0, 1, 20))
CONSTANT = Returns(RANDOM.normal(0, 0.01, 20), 252.0, exposure=np.ones(20))
JUDGED = [name for name in METRICS if METRICS[name].kind != "cost"]
MOVES = RANDOM.normal(0, 0.02, (60, 2))
# Says everything that a metric can need, of a path of two returns.
QUANTILES = MOVES[..., None] + np.array([-0.01, 0.0, 0.02])
FULL = replace(FORECAST, values=MOVES / 2, quantiles=QUANTILES, levels=(0.1, 0.5, 0.9))
PATH = Targets(MOVES, MOVES[:, 0] > 0, slice(0, 2))


def found(forecast=FORECAST, targets=TARGETS, returns=RETURNS, constant=CONSTANT):
    return compute_metrics(forecast, targets, returns, constant, regression_weight=0.3)


def computed(**parts):
    return found(**parts).values


def test_all_but_costs_are_computed_in_the_order_of_the_registry():
    values = computed(forecast=FULL, targets=PATH)
    assert list(values) == JUDGED
    assert {name for name in METRICS if name not in JUDGED} == set(COST_METRICS)
    assert all(isinstance(value, float) for value in values.values())


@pytest.mark.parametrize(
    ("lacking", "left_out"),
    [
        ({"probability": None}, {"log_loss", "brier"}),
        ({"values": None}, {"r2_zero", "directional_accuracy", "mape"}),
        ({"quantiles": None, "levels": None}, {"pinball", "coverage", "quantile_crossings"}),
        ({}, set()),
    ],
)
def test_what_a_forecast_cannot_say_is_left_out(lacking, left_out):
    values = computed(forecast=replace(FULL, **lacking), targets=PATH)
    assert list(values) == [name for name in JUDGED if name not in left_out]
    assert {METRICS[name].needs for name in left_out} <= {*lacking, "price path"}
    for name in left_out:
        assert compute_metric(name, replace(FULL, **lacking), PATH) is None
        assert no_value_of(name) == f"the forecast has no {METRICS[name].needs}"


def test_targets_that_are_no_returns_make_no_price_path():
    values = computed(forecast=FULL, targets=replace(PATH, returns=None))
    assert list(values) == [name for name in JUDGED if name != "mape"]


@pytest.mark.parametrize("name", list(METRICS))
def test_a_metric_is_declared_once_under_its_own_name(name):
    assert METRICS[name].name == name
    assert (METRICS[name].compute is None) == (name in COST_METRICS or name == "composite_accuracy")


def test_what_is_not_traded_has_no_metrics_of_trades_and_what_is_held_none_of_a_forecast():
    of_forecast = computed(returns=None, constant=None)
    of_trades = computed(forecast=None, targets=None)
    assert {METRICS[name].kind for name in of_forecast} == {"classification", "regression"}
    assert list(of_trades) == [name for name in JUDGED if METRICS[name].kind == "trading"]
    assert of_forecast | of_trades == computed()


@pytest.mark.parametrize("name", [name for name in JUDGED if METRICS[name].compute is not None])
def test_a_metric_by_itself_is_the_one_among_all(name):
    alone = compute_metric(name, FULL, PATH, RETURNS, CONSTANT)
    assert alone == computed(forecast=FULL, targets=PATH)[name]


def test_a_forecast_without_numbers_has_no_closeness():
    metrics = found(forecast=Forecast(SCORE, called=SCORE > 0))
    of_numbers = ("mae", "mse", "rmse", "r2", "ic", "composite_accuracy")
    assert {metrics.values[name] for name in of_numbers} == {None}
    assert metrics.no_value == dict.fromkeys(of_numbers, "the forecast has no numbers")
    assert metrics.values["mcc"] == computed()["mcc"]


def test_each_metric_without_a_value_and_no_other_says_why():
    same, never = np.zeros(60, dtype=bool), Returns(np.zeros(20), 252.0, np.zeros(20))
    metrics = found(targets=Targets(np.ones((60, 1)), ~same), returns=never)
    assert metrics.no_value == {
        **dict.fromkeys(("auc", "average_precision"), "one class only"),
        **dict.fromkeys(("r2", "ic", "composite_accuracy"), "the targets do not vary"),
        **dict.fromkeys(("sharpe", "win_rate", "profit_factor", "payoff", "sortino"), "nothing was traded"),
        **dict.fromkeys(("calmar", "tail_ratio"), "nothing was traded"),
        "exposure": "what is held is not known",
        **dict.fromkeys(("active_return", "active_sharpe"), "there is no constant forecast to compare with"),
    }
    assert {name for name, value in metrics.values.items() if value is None} == set(metrics.no_value)
    assert found().no_value == {}


def test_where_no_row_is_judged_no_metric_of_the_forecast_has_a_value():
    none = Forecast(np.zeros(0), probability=np.zeros(0), called=np.zeros(0, dtype=bool))
    metrics = found(forecast=none, targets=Targets(np.zeros((0, 1)), np.zeros(0, dtype=bool)))
    of_forecast = [name for name in metrics.values if METRICS[name].kind != "trading"]
    assert "brier" in of_forecast
    assert metrics.no_value == dict.fromkeys(of_forecast, "no row is judged")


def test_a_number_is_compared_in_its_unit():
    number = replace(FORECAST, probability=None, values=np.full((60, 1), 2.0))
    assert computed(forecast=number)["mae"] == pytest.approx(np.abs(2.0 - POSITIVE).mean())


@pytest.mark.parametrize(
    ("value", "stored", "why"),
    [
        (np.float32(1.5), 1.5, None),
        (2, 2.0, None),
        (0.0, 0.0, None),
        (None, None, "it has no meaning here"),
        (NoValue("too few losses"), None, "too few losses"),
        (np.nan, None, "it is not finite: nan"),
        (-np.inf, None, "it is not finite: -inf"),
    ],
)
def test_a_metric_from_elsewhere_comes_after_ours_and_is_a_finite_float_or_says_why_not(
    monkeypatch, value, stored, why
):
    monkeypatch.setitem(METRICS._entries, "mine", Metric("mine", "regression", "minimize", "", lambda *_: value))
    metrics = found()
    assert list(metrics.values)[-1] == "mine"
    assert metrics.values["mine"] == stored
    assert metrics.no_value.get("mine") == why
    assert "mine" in computed(returns=None)
    assert "mine" not in computed(forecast=None)


def test_a_metric_is_given_forecast_targets_returns_and_those_of_the_constant_forecast(monkeypatch):
    given = []
    mine = Metric("mine", "trading", "maximize", "", lambda *parts: given.append(parts), reads_constant=True)
    monkeypatch.setitem(METRICS._entries, "mine", mine)
    computed()
    assert given == [(FORECAST, TARGETS, RETURNS, CONSTANT)]
