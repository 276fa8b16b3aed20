"""The whole project on real data: where there is something to learn it is found."""

import json

import pytest

from trading_hpo.families.registry import MODEL_TYPES

pytestmark = pytest.mark.slow


def test_on_volatility_every_model_type_beats_the_constant_forecast_on_validation_and_holdout(kedro, project):
    # Fewer trials and epochs than the base run: enough to find it, and the suite is to end in minutes.
    done = kedro("run", "--params", "labels.kind=volatility,hpo.n_trials=3,training.epochs=5")
    assert done.returncode == 0, done.stderr
    report = json.loads((project / "data/base/sp500_20/08_reporting/report.json").read_text())
    assert sorted(line["model_type"] for line in report["models"]) == sorted(MODEL_TYPES)
    for line in report["models"]:
        assert line["validation_constant"] == 0.0
        assert line["standard_errors_above_constant"] > 2, line
        assert line["holdout"] > line["holdout_constant"], line
