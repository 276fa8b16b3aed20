"""Scenarios and searches in phases as a person runs them: through all stages, on real data."""

import json
import sqlite3

import optuna
import pytest
import yaml

pytestmark = pytest.mark.slow

PHASES = {
    "training": {"max_windows_per_epoch": 512},
    "folds": {"n_folds": 2},
    "hpo": {
        "pruner": "none",
        "workers": 1,
        "phases": [
            {"name": "explore", "sampler": "random", "n_trials": 3, "epochs": 1},
            {"name": "tune", "n_trials": 3, "epochs": 2, "narrow_around_best": 0.5},
        ],
        "constraints": [{"metric": "max_drawdown", "max": 0.9}],
    },
}


def results(project, scenario, source):
    folder = project / "data" / scenario / source / "07_model_output"
    return json.loads((folder / "hpo_results_mlp.json").read_text())


def test_the_quick_test_goes_through_all_stages_and_says_how_it_chose(project, kedro):
    done = kedro(
        "run", "--env", "quick_test", "--params", "hpo.n_trials=4,hpo.models_to_optimize=mlp,training.epochs=11"
    )
    assert done.returncode == 0, done.stderr
    found = results(project, "quick_test", "us_tech_ohlcv")
    assert [goal["metric"] for goal in found["objectives"]] == ["composite_accuracy", "training_time_s"]
    assert found["best"]["trial_number"] in {one["trial_number"] for one in found["pareto_front"]}
    assert f"chosen from a front of {len(found['pareto_front'])} by the weights" in done.stdout
    assert "forecast: " in done.stdout
    figure = project / "data/quick_test/us_tech_ohlcv/08_reporting/figures/mlp_pareto.json"
    assert "training_time_s (s)" in figure.read_text()


@pytest.mark.long(part="routes")
def test_phases_go_through_all_stages_and_run_again_do_nothing(project, kedro):
    folder = project / "conf/mine"
    folder.mkdir()
    (folder / "globals.yml").write_text("scenario: mine\ndata_root: data/mine\nsource: us_tech_ohlcv\n")
    (folder / "parameters.yml").write_text(yaml.safe_dump(PHASES))
    command = ("run", "--env", "mine", "--params", "hpo.models_to_optimize=mlp")
    done = kedro(*command)
    assert done.returncode == 0, done.stderr
    found = results(project, "mine", "us_tech_ohlcv")
    assert found["study_name"] == "mine-us_tech_ohlcv-direction1.tune.mlp"
    assert [(phase["phase"], phase["trials"], phase["epochs"]) for phase in found["phases"]] == [
        ("explore", 3, 3 * 1 * 2),
        ("tune", 3, 3 * 2 * 2),
    ]
    assert found["epochs"] == 6 + 12
    storage = f"sqlite:///{project / 'data/mine/us_tech_ohlcv/06_models/studies.db'}"
    names = set(optuna.get_all_study_names(storage))
    assert {f"mine-us_tech_ohlcv-direction1.{phase}.mlp" for phase in ("explore", "tune")} < names
    listed = kedro("study", "list").stdout.replace("\n", "").replace(" ", "")
    assert "tune.mlp" in listed
    assert "memory." not in listed  # what a study remembers is no study of the user's
    told = tracked_trials(project)
    assert told == {"mine-us_tech_ohlcv-direction1.explore.mlp": 3, "mine-us_tech_ohlcv-direction1.tune.mlp": 3}
    assert kedro(*command).returncode == 0
    assert results(project, "mine", "us_tech_ohlcv") == found
    assert tracked_trials(project) == told


def tracked_trials(project):
    """How many trials of each study MLflow has been told of."""

    with sqlite3.connect(project / "data/mlflow.db") as connection:
        return dict(connection.execute("select value, count(*) from tags where key = 'study' group by value"))
