"""Stages run one at a time, with other parameters or after other data: nothing is judged on what it was trained on."""

import json
import shutil
from pathlib import Path

import pytest
from tests.makers.projects import FINISHED, FINISHED_PARAMETERS, FINISHED_SOURCE, FINISHED_STUDY

SOURCE, RUN = f"source={FINISHED_SOURCE}", ("run", "--env", "test")
ROOT = Path(f"data/test/{FINISHED_SOURCE}")


def contents(project: Path, *folders: str) -> dict[str, bytes]:
    """What folders of the finished project hold, by file; the ledger of looks, too."""
    files = [file for name in folders for file in (project / ROOT / name).rglob("*") if file.is_file()]
    ledger = project / "data/test/holdout_ledger.jsonl"
    return {str(file): file.read_bytes() for file in [*files, ledger] if not file.name.endswith(("-wal", "-shm"))}


def results(project: Path) -> dict[str, bytes]:
    """The final network and what evaluation has left."""
    return contents(project, "06_models/mlp", "08_reporting")


def refused(done) -> str:
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


CHANGES = {
    "holdout.fraction=0.35": "holdout.fraction: 0.2 -> 0.35",
    "holdout.start=2009-06-01": "holdout.start: None -> 2009-06-01",
    "folds.n_folds=3": "folds.n_folds: 2 -> 3",
    "folds.stop_fraction=0.3": "folds.stop_fraction: 0.15 -> 0.3",
    "labels.horizon_bars=5": "labels.horizon_bars: 1 -> 5",
    "labels.threshold=0.002": "labels.threshold: 0.0 -> 0.002",
    "features.names=[return_1]": "features.names",
    "assets=[IBM]": "assets: all -> ['IBM']",
    "training.epochs=3": "training.epochs: 2 -> 3",
    "training.clip_sigma=3.0": "training.clip_sigma: 8.0 -> 3.0",
    "hpo.seed=5": "hpo.seed: 0 -> 5",
}


@pytest.mark.slow
@pytest.mark.long(part="routes")
@pytest.mark.parametrize("stage", ["retraining", "evaluation"])
def test_a_later_stage_with_other_settings_is_refused_and_writes_nothing(kedro, finished, stage):
    before = results(finished)
    for change, said in CHANGES.items():
        done = kedro(*RUN, "--pipeline", stage, "--params", f"{SOURCE},{change}")
        message = refused(done)
        assert said in message, (change, done.stderr)
        assert "Put them back, or run `kedro run --env test --params" in message
        assert "` with them" in message
    after = results(finished)
    assert {name: after[name] for name in before} == before


@pytest.mark.slow
@pytest.mark.long(part="routes")
def test_another_search_space_changes_nothing_that_the_study_has_chosen(kedro, finished):
    before = results(finished)
    space = "hpo.custom_search_spaces.mlp.hidden_dim_1=9,hpo.custom_search_spaces.common.batch_size=8"
    for stage, again in (("analysis", ""), ("retraining", ",retraining.epochs=2"), ("evaluation", "")):
        done = kedro(*RUN, "--pipeline", stage, "--params", f"{SOURCE},{space}{again}")
        assert done.returncode == 0, done.stderr
    after = results(finished)
    network = [name for name in before if "06_models" in name and not name.endswith(".json")]
    assert network
    assert {name: after[name] for name in network} == {name: before[name] for name in network}


@pytest.mark.slow
@pytest.mark.long(part="routes")
def test_pictures_and_verification_are_of_the_study_whatever_is_set_today(kedro, finished):
    drawn = []
    for change in ("", ",folds.n_folds=3,holdout.fraction=0.35"):
        done = kedro(*RUN, "--pipeline", "analysis", "--params", f"{SOURCE}{change}")
        assert done.returncode == 0, done.stderr
        drawn.append(contents(finished, "08_reporting/figures"))
    assert any(name.endswith("figures/mlp_history.json") for name in drawn[0])
    assert drawn[1] == drawn[0]
    done = kedro("study", "verify", FINISHED_STUDY)
    assert "the same to the last bit" in done.stdout


@pytest.mark.slow
def test_a_finished_project_that_was_copied_makes_nothing_again(kedro, finished):
    live = {"study_mlp.json", "search_summary_mlp.json"}  # of nodes that run each time
    made = [path for path in (finished / ROOT).rglob("*.*") if path.is_file() and path.name not in live]
    before = {path: path.stat().st_mtime_ns for path in made if not path.name.startswith("studies.db")}
    done = kedro(*FINISHED, FINISHED_PARAMETERS)
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
def test_data_that_are_prepared_later_change_nothing_of_a_finished_study(kedro, finished):
    before = results(finished)
    panel = finished / ROOT / "05_model_input/panel.safetensors"
    was = panel.read_bytes()
    change = "holdout.fraction=0.35,labels.horizon_bars=3"
    assert kedro(*RUN, "--pipeline", "data_engineering", "--params", f"{SOURCE},{change}").returncode == 0
    assert panel.read_bytes() != was
    for stage in ("retraining", "evaluation"):
        # As many epochs as the trials had, and the same costs, but said: so that both are made again.
        done = kedro(*RUN, "--pipeline", stage, "--params", f"{SOURCE},retraining.epochs=2,backtest.cost_bps=5")
        assert done.returncode == 0, done.stderr
    after = results(finished)
    same = [name for name in before if not name.endswith(".json")]  # a look has its time
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    one, two = (json.loads(files[str(finished / ROOT / "08_reporting/holdout_mlp.json")]) for files in (before, after))
    assert one["metrics"] == two["metrics"]
    assert one["look"]["key"] == two["look"]["key"]
    done = kedro("study", "verify", FINISHED_STUDY)
    assert done.returncode == 0, done.stderr
    assert "the same to the last bit" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("labels.threshold=0.002", "was made under other conditions"),
        pytest.param("holdout.fraction=0.3", "was made under other conditions", marks=pytest.mark.long(part="routes")),
        ("labels.threshold=0.002,hpo.study_name=other,hpo.warm_start=[nowhere.mlp]", "nowhere"),
    ],
)
def test_data_that_a_study_refuses_are_not_prepared(kedro, finished, change, said):
    prepared = ("02_intermediate", "03_primary", "04_feature", "05_model_input", "07_model_output")
    before = contents(finished, *prepared)
    stamps = json.loads((finished / ROOT / "stamps.json").read_text())
    models = "hpo.models_to_optimize=mlp,hpo.n_trials=3,hpo.workers=1"
    message = refused(kedro(*RUN, "--pipeline", "hpo", "--params", f"{SOURCE},{models},{change}"))
    assert said in message
    assert contents(finished, *prepared) == before
    assert json.loads((finished / ROOT / "stamps.json").read_text()) == stamps


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [("--tags", "hpo"), ("--pipeline", "hpo", "--from-nodes", "open_study")])
def test_a_search_without_data_engineering_takes_no_other_settings_for_its_data(kedro, finished, nodes):
    before = contents(finished, "05_model_input", "07_model_output")
    models = "hpo.models_to_optimize=mlp,hpo.n_trials=3,hpo.workers=1"
    message = refused(kedro(*RUN, *nodes, "--params", f"{SOURCE},{models},folds.stop_fraction=0.3"))
    assert (
        "The prepared data were made with other settings (stored -> now): folds.stop_fraction: 0.15 -> 0.3" in message
    )
    assert contents(finished, "05_model_input", "07_model_output") == before


@pytest.mark.slow
def test_epochs_of_the_final_training_are_recorded(kedro, finished):
    def card() -> dict:
        return json.loads((finished / ROOT / "06_models/mlp/network.json").read_text())["card"]

    assert card()["settings"]["epochs"] == 2
    done = kedro(*RUN, "--pipeline", "retraining", "--params", f"{SOURCE},retraining.epochs=1")
    assert done.returncode == 0, done.stderr
    assert (card()["settings"]["epochs"], card()["epochs"]) == (1, 1)


@pytest.mark.slow
def test_without_its_data_a_study_is_neither_retrained_nor_judged_nor_verified(kedro, finished):
    shutil.rmtree(finished / ROOT / "05_model_input/kept")
    for command in (
        (
            *RUN,
            "--pipeline",
            "retraining",
            "--namespaces",
            "retraining.mlp",
            "--params",
            f"{SOURCE},retraining.epochs=1",
        ),
        (*RUN, "--pipeline", "evaluation", "--params", f"{SOURCE},backtest.cost_bps=7"),
        ("study", "verify", FINISHED_STUDY),
    ):
        message = refused(kedro(*command))
        assert f"The data of study {FINISHED_STUDY} must be in" in message
        assert "it is kept again" in message


@pytest.mark.slow
def test_another_source_has_no_study_to_evaluate(kedro, finished):
    assert "There is no study to evaluate yet" in refused(
        kedro(*RUN, "--pipeline", "evaluation", "--params", "source=sp500_index")
    )
