"""The report that a run ends with: its numbers, its verdicts, and that they can be read."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.table import render, report_of, verdict

TRIALS = {"complete": 7, "pruned": 2, "fail": 1, "running": 0, "waiting": 0}
HOLD = {"sharpe": 0.61, "max_drawdown": 0.33}
BASELINES = {
    "data_key": "p",
    "validation": {"constant_forecast": {"mcc": 0.01, "accuracy": 0.54}, "buy_and_hold": HOLD},
    "holdout": {"constant_forecast": {"mcc": 0.0, "accuracy": 0.52}, "buy_and_hold": {**HOLD, "sharpe": 0.47}},
}


def result_of(model_type, value=0.041, spread=0.02, metric="mcc", direction="maximize", n_folds=4):
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
            "spread": {} if spread is None else {metric: spread},
            "metrics": {metric: value, "sharpe": 0.9},
            "folds": [{}] * n_folds,
        },
    }


def holdout_of(value=0.03, looks=1, metric="mcc", model_type="lstm", **changes):
    metrics = {metric: value, "sharpe": 0.37, "max_drawdown": 0.12}
    whose = {"data_key": "p", "study_name": f"daily.{model_type}", "trial_number": 4, **changes}
    return {"metrics": metrics, "standard_errors": {metric: 0.01}, "looks_so_far": looks, **whose}


@pytest.mark.parametrize("change", [{"data_key": "q"}, {"study_name": "other.lstm"}, {"trial_number": 5}])
def test_a_network_of_another_study_data_or_trial_is_not_the_one_that_was_found(change):
    assert line_of(result_of("lstm"), holdout_of())["holdout"] == 0.03
    assert line_of(result_of("lstm"), holdout_of(**change))["holdout"] is None


def test_looks_at_an_index_and_at_its_stocks_are_said():
    holdouts = [holdout_of(related_looks={"S&P 500": 2}), holdout_of(model_type="mlp", related_looks={"S&P 500": 3})]
    report = report_of([result_of("lstm"), result_of("mlp")], holdouts, BASELINES)
    assert "Others have seen the S&P 500 index at the same time, or stocks in it: 3." in printed(report, 120)


def test_a_holdout_that_trials_were_validated_on_is_said_once_for_every_study():
    named = (("a", "early.mlp"), ("b", "early.lstm"), ("c", "early.mlp"))
    one, two, again = ({"study_id": key, "study_name": name, "trials": 5} for key, name in named)
    holdouts = [holdout_of(validated_before=[one, two]), holdout_of(model_type="mlp", validated_before=[one, again])]
    report = report_of([result_of("lstm"), result_of("mlp")], holdouts, BASELINES)
    said = "Bars of this holdout were validation bars of 15 trials before, of early.mlp, early.lstm."
    assert said in printed(report, 120)
    assert "validation bars" not in printed(report_of([result_of("lstm")], [holdout_of()], BASELINES), 120)


def skipped(model_type):
    return {"model_type": model_type, "study_name": f"daily.{model_type}", "skipped": "left out"}


def printed(report, width):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render(report))
    return console.file.getvalue()


def line_of(result, holdout, baselines=BASELINES):
    (line,) = report_of([result], [holdout], baselines)["models"]
    return line


# Verdicts

NO_CONSTANT = "cannot be compared"
NO_BETTER = "no better"
UNJUDGED = "not judged"
BETTER = "and holdout"
ONLY_VALIDATION = "not on the holdout"
VERDICTS = {NO_CONSTANT, NO_BETTER, UNJUDGED, BETTER, ONLY_VALIDATION}


def verdicts_in(text):
    return {words for words in VERDICTS if words in text}


@pytest.mark.parametrize(
    ("errors", "holdout", "expected"),
    [
        (None, 5.0, NO_CONSTANT),
        (None, None, NO_CONSTANT),
        (-3.0, 5.0, NO_BETTER),
        (0.0, None, NO_BETTER),
        (2.0, 5.0, NO_BETTER),  # two standard errors are not above two
        (2.0, 0.0, NO_BETTER),
        (2.01, 2.01, BETTER),
        (2.01, 2.0, ONLY_VALIDATION),
        (2.01, -5.0, ONLY_VALIDATION),
        (2.01, None, UNJUDGED),
        (50.0, 9.0, BETTER),
    ],
)
def test_verdicts(errors, holdout, expected):
    said = verdict({"standard_errors_above_constant": errors, "holdout_standard_errors_above_constant": holdout})
    assert verdicts_in(said) == {expected}


# The report


def test_standard_errors_divide_the_spread_by_the_root_of_the_number_of_folds():
    # (0.041 - 0.01) / (0.02 / 2)
    assert line_of(result_of("lstm"), holdout_of())["standard_errors_above_constant"] == pytest.approx(3.1)
    assert line_of(result_of("lstm", n_folds=16), holdout_of())["standard_errors_above_constant"] == pytest.approx(6.2)


def test_a_value_below_the_constant_counts_against_a_score_and_for_a_loss():
    score = line_of(result_of("lstm", value=0.0), holdout_of(-0.1))
    assert score["standard_errors_above_constant"] == pytest.approx(-1.0)
    assert score["holdout_standard_errors_above_constant"] == pytest.approx(-10.0)
    loss = line_of(result_of("lstm", value=0.0, direction="minimize"), holdout_of(-0.1))
    assert loss["standard_errors_above_constant"] == pytest.approx(1.0)
    assert loss["holdout_standard_errors_above_constant"] == pytest.approx(10.0)


@pytest.mark.parametrize("spread", [None, 0.0])
def test_without_spread_there_is_no_standard_error(spread):
    assert line_of(result_of("lstm", spread=spread), holdout_of())["standard_errors_above_constant"] is None


def test_a_metric_without_a_constant_is_compared_with_none():
    line = line_of(result_of("lstm", metric="sharpe"), holdout_of(metric="sharpe"))
    assert line["validation_constant"] is None
    assert line["holdout_standard_errors_above_constant"] is None
    assert verdicts_in(verdict(line)) == {NO_CONSTANT}


def test_a_holdout_that_was_not_judged_leaves_its_numbers_empty():
    line = line_of(result_of("lstm"), {"skipped": "not run yet"})
    names = ("holdout", "holdout_sharpe", "holdout_max_drawdown", "holdout_standard_errors_above_constant")
    assert [line[name] for name in names] == [None] * 4
    assert verdicts_in(verdict(line)) == {UNJUDGED}


def test_a_metric_that_the_holdout_lacks_beats_nothing():
    assert line_of(result_of("lstm"), holdout_of(None))["holdout_standard_errors_above_constant"] is None


def test_skipped_models_are_named_and_those_that_never_ran_are_not():
    results = [result_of("mlp"), skipped("lstm"), {"skipped": "not run yet"}, {**result_of("cnn_lstm"), "best": None}]
    report = report_of(results, [holdout_of(model_type="mlp"), *[{"skipped": "no network"}] * 3], BASELINES)
    assert [line["model_type"] for line in report["models"]] == ["mlp"]
    assert report["skipped"] == ["lstm", "cnn_lstm"]


def test_results_on_other_data_are_not_compared():
    other = {**result_of("cnn_lstm"), "data_key": "other"}
    report = report_of([result_of("mlp"), other], [holdout_of(), holdout_of()], BASELINES)
    assert [line["model_type"] for line in report["models"]] == ["mlp"]
    assert report["skipped"] == ["cnn_lstm"]


def test_each_model_meets_its_own_holdout():
    results = [skipped("mlp"), result_of("lstm"), result_of("cnn_lstm")]
    report = report_of(
        results, [{"skipped": "left out"}, holdout_of(0.2), holdout_of(0.3, model_type="cnn_lstm")], BASELINES
    )
    assert {line["model_type"]: line["holdout"] for line in report["models"]} == {"lstm": 0.2, "cnn_lstm": 0.3}


def test_results_without_their_holdouts_are_refused():
    with pytest.raises(ValueError, match="zip"):
        report_of([result_of("cnn_lstm")], [], BASELINES)


def test_the_looks_are_the_latest_count_and_zero_without_any():
    results = [result_of("mlp"), result_of("cnn_lstm")]
    assert report_of(results, [holdout_of(looks=3), holdout_of(looks=4)], BASELINES)["holdout_looks"] == 4
    assert report_of(results, [{"skipped": ""}] * 2, BASELINES)["holdout_looks"] == 0


def test_the_report_can_be_written_as_strict_json():
    result = result_of("cnn_lstm", spread=np.float64(0.02))
    report = report_of([result, skipped("mlp")], [holdout_of(model_type="cnn_lstm"), {"skipped": ""}], BASELINES)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


# What is printed


@pytest.mark.parametrize("width", [80, 120])
def test_every_model_type_and_its_numbers_are_printed_whole(width):
    values = {name: 0.041 + 0.011 * place for place, name in enumerate(MODEL_TYPES)}
    results = [result_of(name, value) for name, value in values.items()]
    holdouts = [holdout_of(value + 0.4, model_type=name) for name, value in values.items()]
    text = printed(report_of(results, holdouts, BASELINES), width)
    for name, value in values.items():
        own = [line for line in text.splitlines() if name in line.split()]
        assert any(f"{value:.3f}" in line and f"{value + 0.4:.3f}" in line for line in own), text


@pytest.mark.parametrize("width", [80, 120])
def test_skipped_models_are_printed(width):
    others = [name for name in MODEL_TYPES if name != "mlp"]
    results = [result_of("mlp"), *map(skipped, others)]
    text = printed(
        report_of(results, [holdout_of(model_type="mlp"), *[{"skipped": ""}] * len(others)], BASELINES), width
    )
    (line,) = [line for line in text.splitlines() if "kipped" in line]
    assert all(name in line for name in others)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("holdout", [{"skipped": "not run yet"}, holdout_of(None, model_type="cnn_lstm")])
def test_what_is_unknown_is_printed_as_a_dash_not_as_none(width, holdout):
    text = printed(report_of([result_of("cnn_lstm", spread=None)], [holdout], BASELINES), width)
    assert "cnn_lstm" in text
    assert "None" not in text
    assert "nan" not in text


def test_a_run_that_skipped_everything_still_prints():
    results = [skipped(name) for name in MODEL_TYPES]
    text = printed(report_of(results, [{"skipped": ""}] * len(results), BASELINES), 80)
    assert all(name in text for name in MODEL_TYPES)


@pytest.mark.parametrize("width", [80, 120])
def test_the_verdict_on_every_model_is_printed(width):
    results, holdouts = (
        [result_of("mlp"), result_of("cnn_lstm", 0.011)],
        [holdout_of(0.1, model_type="mlp"), holdout_of(0.1, model_type="cnn_lstm")],
    )
    text = " ".join(printed(report_of(results, holdouts, BASELINES), width).split())
    assert verdicts_in(text) == {BETTER, NO_BETTER}


def test_a_number_that_is_not_there_has_its_reason_under_the_table():
    result = result_of("lstm")
    result["best"]["no_value"] = {"sharpe": "nothing was traded (fold 1)", "r2": "the targets do not vary (fold 0)"}
    holdout = {**holdout_of(None), "no_value": {"mcc": "no row is judged"}}
    text = printed(report_of([result], [holdout], BASELINES), 120)
    assert "lstm         sharpe on validation has no value: nothing was traded (fold 1)" in text
    assert "lstm         mcc on holdout has no value: no row is judged" in text
    assert "r2" not in text  # it is not in the table


def test_what_a_search_says_that_has_found_nothing_is_in_the_report():
    nothing = {
        **result_of("lstm"),
        "best": None,
        "nothing_found": "Study daily.lstm has found nothing: so many trials.",
    }
    text = printed(report_of([result_of("lstm"), nothing], [holdout_of(), {"skipped": ""}], BASELINES), 120)
    assert "Skipped: lstm." in text
    assert "Study daily.lstm has found nothing: so many trials." in text
