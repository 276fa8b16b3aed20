"""`kedro run` of one stage, after something has happened to the files of the stages before it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.makers.projects import FINISHED_SOURCE

from trading_hpo.runner import trusted_inputs

pytestmark = pytest.mark.slow

ROOT = Path(f"data/test/{FINISHED_SOURCE}")
ONE = f"source={FINISHED_SOURCE},hpo.n_trials=3,hpo.workers=1,hpo.models_to_optimize=mlp"
DATA = "data_engineering"
STAGES = (DATA, "hpo", "analysis", "retraining", "evaluation")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No other run is there to wait for."""
    monkeypatch.setattr(trusted_inputs, "PATIENCE_S", 0.0)


@pytest.fixture
def stage(kedro) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run one stage, or a part of it."""
    return lambda *names: kedro("run", "--env", "test", "--params", ONE, "--pipeline", *names)


def edit_results(path: Path) -> None:
    results = json.loads(path.read_text())
    results["best"]["value"] += 1
    path.write_text(json.dumps(results, indent=2) + "\n")


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


DAMAGES = [
    ("07_model_output/hpo_results_mlp.json", edit_results, ("retraining",), "hpo"),
    ("06_models/study_mlp.json", cut, ("analysis",), "hpo"),
    ("05_model_input/panel.safetensors", flip_a_bit, ("hpo", "--from-nodes", "open_study"), DATA),
    ("05_model_input/folds.csv", flip_a_bit, ("hpo", "--from-nodes", "open_study"), DATA),
    ("05_model_input/prepared.json", cut, ("hpo", "--from-nodes", "open_study"), DATA),
    ("05_model_input/window_bars.json", cut, (DATA, "--from-nodes", "build_folds"), DATA),
    ("06_models/mlp/network.safetensors", flip_a_bit, ("evaluation",), "retraining"),
    (
        "04_feature/features.parquet",
        flip_a_bit,
        ("data_engineering", "--from-nodes", "build_panel"),
        "data_engineering",
    ),
    ("08_reporting/holdout_returns_mlp.parquet", cut, ("evaluation", "--from-nodes", "draw_holdout"), "evaluation"),
]


def contents(project: Path) -> dict[Path, bytes]:
    files = [path for path in (project / ROOT).rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if "studies.db" not in path.name}


def test_what_is_not_as_it_was_saved_is_refused_by_name_and_nothing_is_written(stage, finished):
    for name, damage, command, makes in DAMAGES:
        path = finished / ROOT / name
        whole = path.read_bytes()
        damage(path)
        before = contents(finished)
        done = stage(*command)
        said = done.stdout + done.stderr
        assert done.returncode == 1, (name, said)
        assert "Traceback" not in said
        shown = path.parent if "network" in name else path
        # The command has the environment and the parameters of the run that says so.
        assert f"{shown} must be what `kedro run --env test --params" in said, said
        assert f"--pipeline {makes}` has saved, got other content." in said, said
        assert contents(finished) == before
        path.write_bytes(whole)


def test_a_damaged_panel_of_a_study_is_refused_by_name_and_kept_again_by_the_search(kedro, stage, finished):
    (kept,) = (finished / ROOT / "05_model_input/kept").iterdir()
    whole = kept.read_bytes()
    flip_a_bit(kept)
    for name, more in (("retraining", ",retraining.epochs=1"), ("evaluation", ",backtest.cost_bps=7")):
        done = kedro("run", "--env", "test", "--params", ONE + more, "--pipeline", name)
        assert done.returncode == 1, done.stdout
        assert f"{kept} is damaged" in done.stderr
        assert "Traceback" not in done.stderr
    assert stage("hpo").returncode == 0
    assert kept.read_bytes() == whole


@pytest.mark.long(part="routes")
def test_stages_run_one_at_a_time_and_make_again_what_was_lost(stage, finished):
    before = contents(finished)
    (finished / ROOT / "stamps.json").unlink()
    done = stage("retraining")
    assert done.returncode == 1
    assert done.stderr.count("got no record of one") == 1  # the results
    edit_results(finished / ROOT / "07_model_output/hpo_results_mlp.json")
    for name in STAGES:
        done = stage(name)
        assert done.returncode == 0, (name, done.stderr)
    after = contents(finished)
    same = ("05_model_input/folds.csv", "06_models/mlp/network.safetensors", "07_model_output/hpo_results_mlp.json")
    for name in same:
        assert after[finished / ROOT / name] == before[finished / ROOT / name], name
