"""The holdout's nodes: each model type meets its own tables, and those that have not looked are left out."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from trading_hpo.analysis.calibration import calibration
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import StaleInputError
from trading_hpo.families.family import FinalData
from trading_hpo.families.networks.final import train_final
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.market.panel import open_panel
from trading_hpo.pipelines.evaluation.nodes import (
    draw_calibration,
    draw_holdout,
    judge_baselines,
    look_at_holdout,
    tabulate_holdout,
)
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split, split_to_table
from trading_hpo.study.conditions import panel_digest
from trading_hpo.training.config import TrainingConfig

TRAINING = TrainingConfig(epochs=1, window_bars=2, max_windows_per_epoch=64)
SETTINGS = (TRAINING.window_bars, BacktestConfig())


@pytest.fixture
def panel(panel_file):
    return open_panel(panel_file)


@pytest.fixture
def split(panel):
    return build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())


@pytest.fixture
def folds(panel, split):
    return split_to_table(split, panel)


@pytest.fixture
def network(panel, split):
    rows = panel.rows((split.search,), TRAINING.window_bars)
    card = {
        "panel_digest": panel_digest(panel),
        "study_name": "test.mlp",
        "searched_until": panel.timestamps[split.search.stop].isoformat(),
    }
    data = FinalData("mlp", panel, rows[:-60], rows[-60:], TRAINING, BacktestConfig(), 0)
    return train_final(data, {"hidden_dim_1": 4}, card)


# The look


def test_a_network_leaves_result_forecasts_and_returns_of_the_holdout_only(network, panel, folds, split):
    result, forecasts, returns = look_at_holdout(network, panel, folds, *SETTINGS)
    holdout = split.holdout
    assert sorted(forecasts["timestamp"].unique()) == panel.timestamps[holdout.start : holdout.stop].tolist()
    assert returns["timestamp"].tolist() == panel.timestamps[holdout.start + 1 : holdout.stop + 1].tolist()
    assert result["samples"] == len(forecasts) == panel.n_assets * len(bars)
    assert forecasts["forecast"].between(0, 1).all()
    assert result["target_kind"] == "class"
    rows = panel.rows((split.holdout,), TRAINING.window_bars)
    np.testing.assert_array_equal(forecasts["called"], network.decision.calls(network.forecast(panel, rows)))


def test_a_skipped_network_leaves_its_reason_and_no_rows(panel, folds):
    result, forecasts, returns = look_at_holdout({"skipped": "not trained yet"}, panel, folds, *SETTINGS)
    assert result == {"skipped": "not trained yet"}
    assert forecasts.empty
    assert returns.empty


def test_a_network_of_other_data_does_not_look(network, panel, folds):
    other = replace(panel, target=1 - np.asarray(panel.target))
    result, forecasts, returns = look_at_holdout(network, other, folds, *SETTINGS)
    assert "other data" in result["skipped"]
    assert "look" not in result
    assert forecasts.empty
    assert returns.empty


@pytest.mark.parametrize("known", ["trained_until", "searched_until"])
def test_a_network_is_not_judged_on_what_it_was_trained_on_or_chosen_by(network, panel, split, folds, known):
    first = panel.timestamps[split.holdout.start].isoformat()
    for until, refused in ((split.holdout.start - 1, False), (split.holdout.start, True), (split.holdout.stop, True)):
        knowing = replace(network, card={**network.card, known: panel.timestamps[until].isoformat()})
        if refused:
            with pytest.raises(StaleInputError, match=f"the holdout begins on {re.escape(first)} now"):
                look_at_holdout(knowing, panel, folds, *SETTINGS)
        else:
            assert "metrics" in look_at_holdout(knowing, panel, folds, *SETTINGS)[0]


def test_baselines_are_returned_on_the_bars_of_the_look(network, panel, folds):
    _, _, returns = look_at_holdout(network, panel, folds, *SETTINGS)
    judged, held = judge_baselines(panel, folds, *SETTINGS)
    assert held["timestamp"].tolist() == returns["timestamp"].tolist()
    assert judged["holdout"]["buy_and_hold"]["total_return"] == pytest.approx(np.prod(1 + held["buy_and_hold"]) - 1)


# Its pictures and tables

NOTHING = look_at_holdout({"skipped": "not trained yet"}, None, None, *SETTINGS)[1]
DAYS = pd.date_range("2019-12-30", periods=4, tz="UTC")
HELD = pd.DataFrame({"timestamp": DAYS, "buy_and_hold": 0.01, "constant_forecast": 0.0})


def returns_of(move):
    return pd.DataFrame({"timestamp": DAYS, "net_return": move})


def forecasts_of(called):
    truth = np.array([True, False, True, False])
    return pd.DataFrame(
        {
            "timestamp": DAYS,
            "asset": "A",
            "forecast": np.where(called, 0.8, 0.1),
            "called": called,
            "truth": truth,
            "target": truth.astype(float),
        }
    )


def of_each(*tables):
    return dict(zip(MODEL_TYPES, tables, strict=True))


def test_model_types_that_have_not_looked_are_not_in_the_picture():
    figure = draw_holdout(HELD, of_each(returns_of(0.1), NOTHING, returns_of(0.2), NOTHING))
    wealth = {trace.name: trace.y[-1] for trace in figure.data if trace.yaxis == "y"}
    first, _, third, *_ = MODEL_TYPES
    assert wealth == pytest.approx({"buy and hold": 1.01**4, "constant forecast": 1.0, first: 1.1**4, third: 1.2**4})


def test_before_any_look_the_baselines_stand_alone(panel):
    assert {trace.name for trace in draw_holdout(HELD, of_each(*[NOTHING] * 4)).data} == {
        "buy and hold",
        "constant forecast",
    }
    confusion, years = tabulate_holdout(panel, HELD, of_each(*[NOTHING] * 4), of_each(*[NOTHING] * 4))
    assert confusion.empty
    assert set(years["name"]) == {"buy_and_hold", "constant_forecast"}


def test_every_model_type_is_tabulated_from_its_own_returns_and_forecasts(panel):
    right, wrong = np.array([True, False, True, False]), np.array([False, True, False, True])
    returns = of_each(returns_of(0.1), NOTHING, NOTHING, returns_of(0.3))
    forecasts = of_each(forecasts_of(right), NOTHING, NOTHING, forecasts_of(wrong))
    confusion, years = tabulate_holdout(panel, HELD, returns, forecasts)
    assert confusion.set_index("model_type")["true_positive"].to_dict() == {"mlp": 2, "cnn_lstm": 0}
    for name, move, mcc in (("mlp", 0.1, 1.0), ("cnn_lstm", 0.3, -1.0)):
        own = years[years["name"] == name]
        assert own["year"].tolist() == [2019, 2020]
        assert own["total_return"].tolist() == pytest.approx([(1 + move) ** 2 - 1] * 2)
        assert own["mcc"].tolist() == [mcc, mcc]


def test_calibration_is_drawn_from_the_forecasts():
    forecasts = forecasts_of(np.array([True, False, True, True]))
    _, own = draw_calibration("lstm", forecasts, {"target_kind": "class"}).data
    table = calibration(forecasts, "class")
    assert list(own.x) == table["predicted"].tolist()
    assert list(own.y) == table["observed"].tolist()


def test_calibration_of_a_model_type_that_has_not_looked_says_why():
    figure = draw_calibration("lstm", NOTHING, {"skipped": "not trained yet"})
    assert not figure.data
    assert "lstm" in figure.layout.title.text
    assert figure.layout.annotations[0].text == "not trained yet"
