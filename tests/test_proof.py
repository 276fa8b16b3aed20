"""The whole project: where there is something to learn it is found, and where there is nothing, nothing is."""

import json

import numpy as np
import pandas as pd
import pytest

from trading_hpo.families.registry import MODEL_TYPES

pytestmark = pytest.mark.slow


@pytest.mark.long(part="proof")
def test_on_volatility_every_model_type_beats_the_constant_forecast_on_validation_and_holdout(kedro, project):
    # Fewer trials than the base run, and more of each: enough to find it, and the suite is to end in minutes.
    budget = "hpo.n_trials=3,training.epochs=5,training.max_windows_per_epoch=8192"
    done = kedro("run", "--params", f"labels.kind=volatility,{budget}")
    assert done.returncode == 0, done.stderr
    report = json.loads((project / "data/base/sp500_20/08_reporting/report.json").read_text())
    assert sorted(line["model_type"] for line in report["models"]) == sorted(MODEL_TYPES)
    for line in report["models"]:
        assert line["validation"] > 0.1, line
        assert line["verdict"]["forecast"]["above"], line
        assert line["holdout"] > line["holdout_constant"], line


@pytest.mark.long(part="proof")
def test_in_prices_that_wander_at_random_nothing_is_found(kedro, project):
    """Whatever looks ahead by a bar, in features, folds or scalers, finds the direction here."""
    random, days = np.random.default_rng(0), pd.bdate_range("2010-01-01", periods=2000)
    walks = {name: 100 * np.exp(np.cumsum(random.normal(0, 0.01, len(days)))) for name in ("AAA", "BBB", "CCC")}
    prices = pd.DataFrame(walks, index=days).rename_axis("date").reset_index()
    prices.melt("date", var_name="symbol", value_name="price").to_csv(project / "walks.csv", index=False)
    columns = "{timestamp: date, asset: symbol, close: price}"
    with (project / "conf/test/globals.yml").open("a") as file:
        file.write(f"source: csv\nsources: {{csv: {{path: walks.csv, columns: {columns}}}}}\n")
    done = kedro("run", "--env", "test", "--params", "hpo.models_to_optimize=mlp,training.epochs=5")
    assert done.returncode == 0, done.stderr
    (line,) = json.loads((project / "data/test/csv/08_reporting/report.json").read_text())["models"]
    # Of three standard errors of a thousand calls. Those over the folds say nothing where there are two folds.
    assert abs(line["validation"]) < 0.1, line
    assert abs(line["holdout"]) < 0.1, line
