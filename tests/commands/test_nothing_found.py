"""A search in which no configuration has a value: what is said, what is done all the same, and the way out."""

import json
from pathlib import Path

import pytest

from trading_hpo.families.registry import MODEL_TYPES

HERE = ("--env", "test", "--params")

pytestmark = [pytest.mark.slow, pytest.mark.long(part="routes")]


def results(project: Path, name: str) -> dict:
    (path,) = (project / "data/test/us_tech_ohlcv").rglob(f"{name}.json")
    return json.loads(path.read_text())


def test_a_metric_without_a_value_in_any_trial_ends_the_search_with_the_reason_and_the_remedy_helps(kedro, project):
    parameters = project / "conf/test/parameters.yml"
    before = parameters.read_text()
    parameters.write_text(before.replace("hpo:\n", "hpo:\n  objectives: [{metric: sharpe}]\n", 1))
    # No probability is so high: nothing is ever called, and nothing traded.
    ours = "source=us_tech_ohlcv,training.threshold=0.9999,hpo.models_to_optimize=mlp,hpo.n_trials=2"
    for _ in range(2):  # the second run finds the budget spent, and says the same
        done = kedro("run", *HERE, ours)
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert "Traceback" not in said
        assert "mlp has found nothing: none of 2 trials has a value of sharpe." in said
        assert "2 trials: sharpe has no value: nothing was traded (fold 0, 1" in said
        assert "Improve another metric, such as mcc (hpo.objectives)" in said
        assert "buy, hold" in said  # the report is printed all the same
    failures = results(project, "hpo_results_mlp")["failures"]
    assert [failure["reason"][:43] for failure in failures] == ["sharpe has no value: nothing was traded (fo"] * 2
    refused = kedro("run", *HERE, ours.replace("n_trials=2", "n_trials=3"))
    assert "none of 3 trials" in refused.stdout + refused.stderr

    parameters.write_text(before)  # mcc, by default
    done = kedro("run", *HERE, f"{ours},hpo.study_name=another")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "sharpe on validation has no value: nothing was traded" in done.stdout
    assert "nothing was traded" in results(project, "holdout_mlp")["no_value"]["sharpe"]


def test_other_model_types_are_searched_trained_and_reported_all_the_same(kedro, project):
    few = "source=us_tech_ohlcv,hpo.n_trials=2,hpo.limits.max_model_size_mb=1"
    done = kedro("run", *HERE, f"{few},hpo.custom_search_spaces.lstm.lstm_hidden_dim=512")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "lstm has found nothing: none of 2 trials has a value of mcc." in said
    assert "hpo.limits.max_model_size_mb" in said
    report = results(project, "report")
    assert {line["model_type"] for line in report["models"]} == set(MODEL_TYPES) - {"lstm"}
    assert list(report["nothing_found"]) == report["skipped"] == ["lstm"]
    assert results(project, "hpo_combined_results")["overall_best"]["model_type"] != "lstm"
