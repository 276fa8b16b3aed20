"""A trial that chooses its position rule is trained as without it, and traded by it: on folds, and on the holdout."""

from dataclasses import replace

import numpy as np
import pytest

from trading_hpo.analysis.holdout import judge_holdout
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData, StudyData
from trading_hpo.families.judgement import traded_constant
from trading_hpo.families.networks.family import NETWORKS
from trading_hpo.families.registry import family_of
from trading_hpo.families.traded import fitted_by, traded_as, traded_by, traded_family
from trading_hpo.splits.folds import Split
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange

L = 5
TRAINING = TrainingConfig(epochs=2, window_bars=L)
FITTED = {"learning_rate": 5e-3, "batch_size": 64, "hidden_dim_1": 8, "hidden_dim_2": 4}
SCALED = {"positions": "volatility_scaled", "target_volatility": 0.004, "scaled_short": True}
RULE = {"name": "volatility_scaled", "target_volatility": 0.004, "scaled_short": True}
CONFIGURED = BacktestConfig(cost_bps=3.0)


@pytest.fixture(scope="module")
def panel(make_panel):
    return make_panel()


@pytest.fixture
def data(panel, make_fold_rows):
    folds = dict(enumerate(make_fold_rows(panel)[:1]))
    return StudyData("mlp", panel, folds, TRAINING, CONFIGURED, 0)


def last_score(family, parameters, data):
    *_, last = family.fit_fold(parameters, 0, data, family.shared(data), bool)
    return last


def test_parameters_of_a_rule_are_taken_from_those_that_are_fitted():
    assert fitted_by(FITTED | SCALED) == FITTED
    assert traded_by(FITTED | SCALED, CONFIGURED) == BacktestConfig(cost_bps=3.0, positions=RULE)
    assert traded_by(FITTED, CONFIGURED) == CONFIGURED
    # One of a rule that is not chosen has no effect.
    assert traded_by({"positions": "long_short", "scaled_short": True}, CONFIGURED).positions.name == "long_short"


def test_the_same_network_is_trained_under_every_rule_and_traded_by_its_own(data):
    family = traded_family("mlp")
    plain, scaled = last_score(family, FITTED, data), last_score(family, FITTED | SCALED, data)
    alone = last_score(NETWORKS, FITTED, replace(data, backtest=BacktestConfig(cost_bps=3.0, positions=RULE)))
    assert plain.judged.forecast.score.tobytes() == scaled.judged.forecast.score.tobytes()
    assert plain.metrics["mcc"] == scaled.metrics["mcc"]
    assert plain.metrics["sharpe"] != scaled.metrics["sharpe"]
    np.testing.assert_array_equal(scaled.returns, alone.returns)
    without_benchmark = {name for name in alone.metrics if not name.startswith("active_")}
    assert {name: scaled.metrics[name] for name in without_benchmark} == {
        name: alone.metrics[name] for name in without_benchmark
    }
    assert family.costs(FITTED | SCALED, data, {"model_size_mb"}) == NETWORKS.costs(FITTED, data, {"model_size_mb"})


@pytest.mark.parametrize("parameters", [FITTED, FITTED | SCALED], ids=["configured", "chosen"])
def test_the_final_network_says_by_what_rule_it_is_traded_and_the_holdout_trades_by_it(panel, parameters, tmp_path):
    rows = panel.windowed_rows((BarRange(0, 180),), L)
    train, stop = rows[panel.bar[rows] < 140], rows[panel.bar[rows] >= 142]
    data = FinalData("mlp", panel, train, stop, TRAINING, CONFIGURED, 0)
    network = traded_family("mlp").fit_final(parameters, data, {})
    network.save(tmp_path)
    network = family_of("mlp").load(tmp_path)
    assert network.card["params"] == FITTED
    split = Split((), BarRange(0, 181), BarRange(190, 250))
    found = judge_holdout(network, panel, split, L, CONFIGURED)
    if parameters == FITTED:
        assert "positions" not in network.card
        assert "positions" not in found.result
        assert traded_as(network.card, CONFIGURED) == CONFIGURED
        return
    assert found.result["positions"] == network.card["positions"] == RULE
    card = {name: value for name, value in network.card.items() if name != "positions"}
    told = judge_holdout(replace(network, card=card), panel, split, L, BacktestConfig(cost_bps=3.0, positions=RULE))
    changed = {name for name, value in found.result["metrics"].items() if told.result["metrics"][name] != value}
    assert changed <= {"active_return", "active_sharpe"}, "the constant forecast is traded by the configured rule"
    plain = judge_holdout(replace(network, card=card), panel, split, L, CONFIGURED)
    assert found.result["metrics"]["sharpe"] != plain.result["metrics"]["sharpe"]
    assert found.result["metrics"]["mcc"] == plain.result["metrics"]["mcc"]


def test_options_of_the_configured_rule_stay_where_a_trial_chooses_that_rule():
    backtest = BacktestConfig(positions={"name": "proportional", "proportional_short": True})
    chosen = traded_by({"positions": "proportional", "proportional_full": 0.2}, backtest).positions
    assert chosen.model_dump() == {"name": "proportional", "proportional_full": 0.2, "proportional_short": True}
    assert traded_by({"positions": "long_flat"}, backtest).positions.name == "long_flat"


def test_whatever_rule_is_chosen_returns_are_compared_with_the_constant_forecast_of_the_configured_one(data):
    """As the tests of money do: a trial has one active return."""
    configured, rows = BacktestConfig(cost_bps=3.0, positions="long_short"), data.folds[0]
    scaled = last_score(traded_family("mlp"), FITTED | SCALED, replace(data, backtest=configured))
    always = traded_constant(data.panel, rows.traded, rows.train, configured, rows.validation_ranges)
    held = always.traded.exposure.mean()
    assert held != 0
    active = scaled.returns - scaled.exposure.mean() * always.traded.net / held
    assert scaled.metrics["active_return"] == pytest.approx(active.mean() * data.panel.bars_per_year)
