"""The report that a run ends with, as data: each model type beside what it must beat."""

import json

import numpy as np
import pytest
from tests.makers.selection import selection_of
from tests.makers.verdicts import compared_with, verdict_of

from trading_hpo.reporting.report import SELECTION, T_90, of_the_best, report_of
from trading_hpo.reporting.selection_sentences import selection_sentences

TRIALS = {"complete": 7, "pruned": 2, "fail": 1, "running": 0, "waiting": 0}
MONEY = {"annual_return": 0.11, "sharpe": 0.61, "max_drawdown": 0.33, "turnover": 4.0}
BASELINES = {
    "data_key": "p",
    "dates": {"validation": ["2012-10-16T00:00", "2019-08-05T00:00"], "holdout": ["2019-08-07T00:00", "2022-12-27"]},
    "validation": {"constant_forecast": {"mcc": 0.01, "accuracy": 0.54, **MONEY}, "buy_and_hold": MONEY},
    "holdout": {
        "constant_forecast": {"mcc": 0.0, "accuracy": 0.52, **MONEY},
        "buy_and_hold": {**MONEY, "sharpe": 0.47},
    },
}


def result_of(model_type, value=0.041, metric="mcc", direction="maximize"):
    return {
        "model_type": model_type,
        "data_key": "p",
        "study_name": f"daily.{model_type}",
        "storage": "sqlite:///studies.db",
        "direction": direction,
        "metric": metric,
        "trials": TRIALS,
        "best": {
            "trial_number": 4,
            "value": value,
            "params": {"learning_rate": 0.00312, "optimizer": "adamw"},
            "spread": {metric: 0.02},
            "metrics": {metric: value, **MONEY, "sharpe": 0.9},
            "folds": [{}] * 4,
        },
    }


def holdout_of(value=0.03, looks=1, metric="mcc", model_type="lstm", **changes):
    metrics = {**MONEY, "sharpe": 0.37, "max_drawdown": 0.12, metric: value}
    whose = {"data_key": "p", "study_name": f"daily.{model_type}", "trial_number": 4, **changes}
    return {"metrics": metrics, "standard_errors": {metric: 0.01}, "looks_so_far": looks, **whose}


def reported(results, holdouts, baselines=BASELINES, verdicts=None, selection=None):
    own = {r["model_type"]: verdict_of() for r in results if r.get("best")} if verdicts is None else verdicts
    return report_of(results, holdouts, baselines, own, compared_with(mlp=-0.01), selection or {})


def skipped(model_type):
    return {"model_type": model_type, "study_name": f"daily.{model_type}", "skipped": "left out"}


def line_of(result, holdout, baselines=BASELINES, verdicts=None):
    (line,) = reported([result], [holdout], baselines, verdicts)["models"]
    return line


@pytest.mark.parametrize("change", [{"data_key": "q"}, {"study_name": "other.lstm"}, {"trial_number": 5}])
def test_a_network_of_another_study_data_or_trial_is_not_the_one_that_was_found(change):
    assert line_of(result_of("lstm"), holdout_of())["holdout"] == 0.03
    assert line_of(result_of("lstm"), holdout_of(**change))["holdout"] is None


def test_what_a_touch_has_ended_is_said_of_tasks_with_barriers_alone():
    touches = {"positions": 12, "touched": 9, "mean_difference": 0.0017}
    assert line_of(result_of("lstm"), holdout_of(touches=touches))["touches"] == touches
    assert "touches" not in line_of(result_of("lstm"), holdout_of())


def test_intervals_are_those_that_verdicts_are_made_at():
    line = line_of(result_of("lstm"), holdout_of())
    assert line["validation_interval"] == pytest.approx([0.041 - T_90 * 0.01, 0.041 + T_90 * 0.01])
    assert line["holdout_interval"] == pytest.approx([0.03 - T_90 * 0.01, 0.03 + T_90 * 0.01])


def test_an_objective_that_is_not_what_was_tested_has_no_interval_of_it():
    line = line_of(result_of("lstm", metric="sharpe"), holdout_of(metric="sharpe"))
    assert line["validation_interval"] is None
    assert line["validation_constant"] == MONEY["sharpe"]
    assert line["forecast_validation_p_value"] == 0.01


@pytest.mark.parametrize(
    ("metric", "tested", "expected"),
    [
        ("mcc", {"metric": "mcc", "constant": 0.7}, 0.0),
        ("pinball", {"metric": "pinball", "constant": 0.7}, 0.7),
        ("pinball", {"metric": "mcc", "constant": 0.7}, None),
        ("pinball", {}, None),
    ],
)
def test_the_constant_forecast_of_quantiles_is_the_one_that_was_tested(metric, tested, expected):
    holdout = holdout_of(metric=metric, forecast_test=tested)
    assert line_of(result_of("lstm", metric=metric), holdout)["holdout_constant"] == expected


def test_p_values_and_money_are_numbers_of_their_own():
    line = line_of(result_of("lstm"), holdout_of())
    assert [line[f"forecast_{part}_p_value"] for part in ("validation", "holdout")] == [0.01, 0.02]
    assert [line[f"money_{part}_p_value"] for part in ("validation", "holdout")] == [0.3, 0.3]
    assert [line[f"validation_{name}"] for name in MONEY] == [0.11, 0.9, 0.33, 4.0]
    assert [line[f"holdout_{name}"] for name in MONEY] == [0.11, 0.37, 0.12, 4.0]
    assert set(line["verdicts"]) == {"forecast", "money", "luck"}


def test_a_holdout_that_was_not_judged_leaves_its_numbers_empty():
    line = line_of(result_of("lstm"), {"skipped": "not run yet"}, verdicts={})
    assert [line[f"holdout{name}"] for name in ("", "_sharpe", "_max_drawdown", "_interval")] == [None] * 4
    assert line["forecast_holdout_p_value"] is None
    assert line["verdicts"] == {}


def test_baselines_stand_there_with_all_their_numbers_and_dates():
    report = reported([result_of("lstm")], [holdout_of()])
    assert report["constant_forecast"]["holdout"] == BASELINES["holdout"]["constant_forecast"]
    assert report["buy_and_hold"]["validation"] == MONEY
    assert report["dates"] == BASELINES["dates"]


def test_skipped_models_are_named_and_those_that_never_ran_are_not():
    results = [result_of("mlp"), skipped("lstm"), {"skipped": "not run yet"}, {**result_of("cnn_lstm"), "best": None}]
    report = reported(results, [holdout_of(model_type="mlp"), *[{"skipped": "no network"}] * 3])
    assert [line["model_type"] for line in report["models"]] == ["mlp"]
    assert report["skipped"] == ["lstm", "cnn_lstm"]


def test_results_on_other_data_are_not_compared():
    other = {**result_of("cnn_lstm"), "data_key": "other"}
    report = reported([result_of("mlp"), other], [holdout_of(), holdout_of()])
    assert [line["model_type"] for line in report["models"]] == ["mlp"]
    assert report["skipped"] == ["cnn_lstm"]


def test_each_model_meets_its_own_holdout():
    results = [skipped("mlp"), result_of("lstm"), result_of("cnn_lstm")]
    report = reported(results, [{"skipped": "left out"}, holdout_of(0.2), holdout_of(0.3, model_type="cnn_lstm")])
    assert {line["model_type"]: line["holdout"] for line in report["models"]} == {"lstm": 0.2, "cnn_lstm": 0.3}


def test_results_without_their_holdouts_are_refused():
    with pytest.raises(ValueError, match="zip"):
        reported([result_of("cnn_lstm")], [])


def test_the_looks_are_the_latest_count_and_zero_without_any():
    results = [result_of("mlp"), result_of("cnn_lstm")]
    assert reported(results, [holdout_of(looks=3), holdout_of(looks=4)])["holdout_looks"] == 4
    assert reported(results, [{"skipped": ""}] * 2)["holdout_looks"] == 0


def test_the_report_can_be_written_as_strict_json():
    result = result_of("cnn_lstm", value=np.float64(0.02))
    report = reported([result, skipped("mlp")], [holdout_of(model_type="cnn_lstm"), {"skipped": ""}])
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_statistics_of_selection_bias_stand_with_their_configuration_in_words_and_as_numbers():
    (line,) = reported([result_of("mlp")], [holdout_of(model_type="mlp")], selection={"mlp": selection_of()})["models"]
    assert line["selection"] == selection_of()
    assert line["selection_sentences"] == selection_sentences(selection_of())
    numbers = {"active_sharpe": 0.8, "probabilistic_sharpe": 0.79, "deflated_sharpe": 0.41}
    numbers["overfitting_probability"] = selection_of()["overfitting"]["probability"]
    numbers["superior_ability_p_value"] = 0.22
    assert {name: line[name] for name in SELECTION} == numbers


@pytest.mark.parametrize("own", [{"why": "lost"}, {**selection_of()["own"], "active": {"why": "the same"}}, None])
def test_what_has_no_statistic_has_none_in_the_report(own):
    selection = {} if own is None else {"mlp": {**selection_of(overfitting=False), "own": own}}
    (line,) = reported([result_of("mlp")], [holdout_of(model_type="mlp")], selection=selection)["models"]
    assert [line[name] for name in SELECTION[:4]] == [None] * 4
    json.dumps(line, allow_nan=False)


def test_what_was_found_of_another_trial_is_left_out():
    results = {"mlp": result_of("mlp"), "lstm": {"skipped": "not run yet"}}
    ours, earlier = selection_of(), selection_of(trial_number=3)
    assert of_the_best({"mlp": ours}, results) == {"mlp": ours}
    assert of_the_best({"mlp": earlier, "lstm": ours}, results) == {}
    assert of_the_best({"skipped": "not run yet"}, results) == {}
