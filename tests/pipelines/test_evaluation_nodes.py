"""The holdout's nodes: each model type meets its own tables, and those that have not looked are left out."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.makers.panels import panel_of
from tests.pipelines.conftest import TERMS, TRAINING, WINDOW

from trading_hpo.analysis.calibration import calibration
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import MissingInputError, StaleInputError
from trading_hpo.families.family import FinalData
from trading_hpo.families.networks.final import train_final
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.market.panel import save_panel
from trading_hpo.pipelines.evaluation.nodes import (
    draw_calibration,
    draw_holdout,
    draw_trades,
    judge_baselines,
    look_at_holdout,
    tabulate_holdout,
    tabulate_trades,
)
from trading_hpo.study.conditions import Conditions


@pytest.fixture
def network(panel, split, found):
    fold = split.final_fold(0.25)
    train, stop = (split.rows(panel, fold, role, WINDOW) for role in ("train", "stop"))
    data = FinalData("mlp", panel, train, stop, TRAINING, BacktestConfig(), 0)
    card = {name: found[name] for name in found if name != "best"}
    return train_final(data, {"hidden_dim_1": 4}, {**card, "trial_number": 3})


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "trials.jsonl"


# The look


def test_a_network_leaves_result_forecasts_and_returns_of_the_holdout_only(network, panel, panels, ledger, split):
    result, forecasts, returns, _ = look_at_holdout(network, panels, ledger, TERMS, BacktestConfig())
    holdout = split.holdout
    assert sorted(forecasts["timestamp"].unique()) == panel.timestamps[holdout.start : holdout.stop].tolist()
    assert returns["timestamp"].tolist() == panel.timestamps[holdout.start + 1 : holdout.stop + 1].tolist()
    assert result["samples"] == len(forecasts) == panel.n_assets * len(returns)
    assert forecasts["forecast"].between(0, 1).all()
    assert result["target_kind"] == "class"
    rows = panel.rows((split.holdout,), WINDOW)
    np.testing.assert_array_equal(forecasts["called"], network.decision.calls(network.forecast(panel, rows)))


def test_a_skipped_network_leaves_its_reason_and_no_rows(panels, ledger):
    result, forecasts, returns, assets = look_at_holdout(
        {"skipped": "not trained yet"}, panels, ledger, TERMS, BacktestConfig()
    )
    assert result == {"skipped": "not trained yet"}
    assert forecasts.empty
    assert returns.empty
    assert assets.empty


def test_data_that_are_prepared_later_do_not_matter(network, panel, panels, ledger):
    before = look_at_holdout(network, panels, ledger, TERMS, BacktestConfig())[0]
    save_panel(panel_of(2, 300, seed=9), panel.path)
    after = look_at_holdout(network, panels, ledger, TERMS, BacktestConfig())[0]
    times = {"time": before["look"]["time"]}
    assert {**after, "look": {**after["look"], **times}} == before


def test_other_settings_are_refused(network, panels, ledger):
    other = {**TERMS, "holdout": {"fraction": 0.4}}
    with pytest.raises(StaleInputError, match=r"with other settings .*\n +holdout.fraction: 0.2 -> 0.4\n"):
        look_at_holdout(network, panels, ledger, other, BacktestConfig())


def test_a_network_of_an_earlier_version_is_refused(network, panels, ledger):
    old = replace(network, card={name: value for name, value in network.card.items() if name != "conditions"})
    with pytest.raises(StaleInputError, match="Run `kedro run --pipeline retraining`"):
        look_at_holdout(old, panels, ledger, TERMS, BacktestConfig())


def test_a_holdout_that_earlier_studies_were_validated_on_is_said(network, panel, panels, split, ledger, caplog):
    first, last = (panel.timestamps[bar].isoformat() for bar in (split.holdout.start, split.holdout.start + 5))
    before = panel.timestamps[split.holdout.start - 1].isoformat()
    seen = {"assets": [panel.assets[0]], "marks": []}
    headers = [
        {"study_id": "a", "study_name": "early.mlp", "first": first, "last": last, **seen},
        {"study_id": "b", "study_name": "own.mlp", "first": panel.timestamps[0].isoformat(), "last": before, **seen},
        {"study_id": "c", "study_name": "others.mlp", "first": first, "last": last, "assets": ["ELSE"], "marks": []},
    ]
    trials = [{"study_id": key, "slot": slot} for key in "abc" for slot in range(4)]
    ledger.write_text("".join(json.dumps(line) + "\n" for line in [*headers, *trials]))
    result = look_at_holdout(network, panels, ledger, TERMS, BacktestConfig())[0]
    early = {"study_id": "a", "study_name": "early.mlp", "first": first, "last": last, "trials": 4}
    assert result["validated_before"] == [early]
    assert "were validation bars of 4 trials before: early.mlp" in caplog.text


def test_another_back_test_is_another_look(network, panels, ledger):
    one, two = (look_at_holdout(network, panels, ledger, TERMS, BacktestConfig(cost_bps=cost))[0] for cost in (0, 20))
    assert one["look"]["key"] != two["look"]["key"]
    assert one["metrics"]["mcc"] == two["metrics"]["mcc"]


@pytest.mark.parametrize("known", ["trained_until", "searched_until"])
def test_a_network_is_not_judged_on_what_it_was_trained_on_or_chosen_by(network, panel, panels, ledger, split, known):
    first = panel.timestamps[split.holdout.start].isoformat()
    for until, refused in ((split.holdout.start - 1, False), (split.holdout.start, True), (split.holdout.stop, True)):
        knowing = replace(network, card={**network.card, known: panel.timestamps[until].isoformat()})
        if refused:
            with pytest.raises(StaleInputError, match=f"the holdout begins on {re.escape(first)}: "):
                look_at_holdout(knowing, panels, ledger, TERMS, BacktestConfig())
        else:
            assert "metrics" in look_at_holdout(knowing, panels, ledger, TERMS, BacktestConfig())[0]


def test_baselines_are_returned_on_the_bars_of_the_look(network, panels, ledger, found):
    result, _, returns, _ = look_at_holdout(network, panels, ledger, TERMS, BacktestConfig())
    judged, held = judge_baselines({"mlp": found, "lstm": {"skipped": "not run yet"}}, panels, BacktestConfig())
    assert held["timestamp"].tolist() == returns["timestamp"].tolist()
    assert judged["holdout"]["buy_and_hold"]["total_return"] == pytest.approx(np.prod(1 + held["buy_and_hold"]) - 1)
    assert judged["data_key"] == result["data_key"]


def test_baselines_are_of_the_latest_data_that_were_searched(panels, panel, found):
    earlier = {**found["conditions"], "data": {**found["conditions"]["data"], "digest": "gone", "last": "2001-01-01"}}
    results = {name: {**found, "conditions": earlier} for name in MODEL_TYPES if name != "mlp"}
    judged, _ = judge_baselines({**results, "mlp": found}, panels, BacktestConfig())
    assert judged["data_key"] == Conditions("test.mlp", found["conditions"]).data_key


def test_without_a_study_there_is_nothing_to_judge(panels):
    with pytest.raises(MissingInputError, match="Run `kedro run --pipeline hpo` first"):
        judge_baselines({"mlp": {"skipped": "not run yet"}}, panels, BacktestConfig())


# Its pictures and tables

NOTHING = look_at_holdout({"skipped": "not trained yet"}, None, None, None, None)[1]
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


BASE = {"data_key": "these", "bars_per_year": 252.0}
LOOKED, NOT_LOOKED, ELSEWHERE = {"data_key": "these"}, {"skipped": "not trained yet"}, {"data_key": "others"}


def of_each(*tables):
    return dict(zip(("mlp", "lstm", "linear", "cnn_lstm"), tables, strict=True))


def test_model_types_that_have_not_looked_or_at_other_bars_are_not_in_the_picture():
    holdouts = of_each(LOOKED, NOT_LOOKED, LOOKED, ELSEWHERE)
    returns = of_each(returns_of(0.1), NOTHING, returns_of(0.2), returns_of(0.3))
    figure = draw_holdout(BASE, HELD, holdouts, returns)
    wealth = {trace.name: trace.y[-1] for trace in figure.data if trace.yaxis == "y"}
    assert wealth == pytest.approx({"buy and hold": 1.01**4, "constant forecast": 1.0, "mlp": 1.1**4, "linear": 1.2**4})


def test_before_any_look_the_baselines_stand_alone():
    nothing = of_each(*[NOTHING] * 4)
    holdouts = of_each(*[NOT_LOOKED] * 4)
    assert {trace.name for trace in draw_holdout(BASE, HELD, holdouts, nothing).data} == {
        "buy and hold",
        "constant forecast",
    }
    confusion, years = tabulate_holdout(BASE, HELD, holdouts, nothing, nothing)
    assert confusion.empty
    assert set(years["name"]) == {"buy_and_hold", "constant_forecast"}


def test_every_model_type_is_tabulated_from_its_own_returns_and_forecasts():
    right, wrong = np.array([True, False, True, False]), np.array([False, True, False, True])
    returns = of_each(returns_of(0.1), NOTHING, NOTHING, returns_of(0.3))
    forecasts = of_each(forecasts_of(right), NOTHING, NOTHING, forecasts_of(wrong))
    confusion, years = tabulate_holdout(BASE, HELD, of_each(LOOKED, NOT_LOOKED, NOT_LOOKED, LOOKED), returns, forecasts)
    assert confusion.set_index("model_type")["true_positive"].to_dict() == {"mlp": 2, "cnn_lstm": 0}
    for name, move, mcc in (("mlp", 0.1, 1.0), ("cnn_lstm", 0.3, -1.0)):
        own = years[years["name"] == name]
        assert own["year"].tolist() == [2019, 2020]
        assert own["total_return"].tolist() == pytest.approx([(1 + move) ** 2 - 1] * 2)
        assert own["mcc"].tolist() == [mcc, mcc]


def test_trades_of_those_that_have_looked_are_tabulated_and_drawn():
    moves = returns_of(0.1).assign(turnover=0.5, exposure=1.0)
    held = HELD.assign(constant_forecast_turnover=0.0, constant_forecast_exposure=0.0)
    holdouts = of_each(LOOKED, NOT_LOOKED, ELSEWHERE, NOT_LOOKED)
    tables = tabulate_trades(BASE, held, holdouts, of_each(moves, NOTHING, moves, NOTHING), BacktestConfig())
    months, exposure, costs = tables
    assert months["name"].unique().tolist() == ["mlp", "constant_forecast", "buy_and_hold"]
    assert exposure.loc[exposure["name"] == "mlp", "exposure"].tolist() == [1.0] * 4
    own = costs[(costs["name"] == "mlp") & (costs["cost_bps"] == 5)]
    assert own["total_return"].tolist() == pytest.approx([1.1**4 - 1])
    assets = pd.DataFrame({"asset": ["A", "B"], "contribution": [0.3, 0.1]})
    none = assets.iloc[:0]
    figures = draw_trades(BASE, holdouts, of_each(assets, none, assets, none), *tables, BacktestConfig())
    assert [len(figure.data) for figure in figures] == [3, 2, 3, 1]
    assert list(figures[3].data[0].x) == ["mlp"]


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
    assert figure.layout.annotations[0].text.startswith("not trained yet<br><br>Run `kedro run`")
