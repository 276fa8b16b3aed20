"""A package of somebody else, installed: it brings one component of each kind, and no file of the project knows it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import yaml
from optuna.trial import FrozenTrial, TrialState
from tests.makers.commands import environment_of_commands
from tests.makers.processes import alive_in, wait_until
from tests.makers.projects import ROOT, new_project

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StorageError
from trading_hpo.families.model_file import read_description
from trading_hpo.market.panel import open_panel

PACKAGE = Path(__file__).parent / "package"
SOURCE = "us_tech_ohlcv"
N_TRIALS = 6
CHOSEN = {
    "features": {"names": ["return_1", "volatility_5", "market_tide"]},
    "labels": {"kind": "return_and_range", "horizon_bars": 3},
    "folds": {"scheme": "two_halves", "n_folds": 2},
    "training": {"loss": "smooth_runs", "schedule": "cut_back", "epochs": 4, "max_windows_per_epoch": 4096},
    "backtest": {"positions": "patient_long_short"},
    "hpo": {
        "models_to_optimize": ["fork", "ridge"],
        "n_trials": N_TRIALS,
        "workers": 2,
        "pruner": {"name": "none"},
        "objectives": [{"metric": "median_error", "direction": "minimize"}],
        "custom_search_spaces": {"common": {"cut_to": {"type": "float", "low": 0.3, "high": 0.9}}},
    },
}
STUDY = "test-us_tech_ohlcv-return_and_range3.fork"
RIDGES = STUDY.replace("fork", "ridge")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the package."""
    folder = tmp_path_factory.mktemp("installed")
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--target", str(folder)]
    copy = tmp_path_factory.mktemp("source") / "package"  # pip leaves its own files beside what it builds
    subprocess.run(["cp", "-r", PACKAGE, copy], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", *offline, copy], check=True)
    return folder


def environment(installed: Path) -> dict[str, str]:
    return environment_of_commands(PYTHONPATH=os.pathsep.join([str(installed), str(ROOT / "src")]))


def python(installed: Path, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=cwd, env=environment(installed), capture_output=True, text=True, check=False)


def trials(project: Path, study: str = STUDY) -> list[FrozenTrial]:
    database = project / f"data/test/{SOURCE}/06_models/studies.db"
    try:
        return optuna.load_study(study_name=study, storage=StudyStorage(f"sqlite:///{database}").open()).get_trials()
    except (KeyError, StorageError, optuna.exceptions.StorageInternalError):  # not made yet
        return []


def load_card(folder: Path) -> dict[str, Any]:
    card: dict[str, Any] = read_description(folder)["card"]
    return card


def searched(project: Path) -> list[tuple[object, ...]]:
    return [(t.number, t.state, t.value, t.params, t.intermediate_values) for t in trials(project)]


@pytest.fixture(scope="module")
def run(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project whose search was killed, and that then went through all stages; and what was said."""
    project = new_project(tmp_path_factory.mktemp("outside") / "project")
    (project / "data").mkdir()
    base = project / "conf/test/parameters.yml"
    base.write_text(yaml.safe_dump(merged(yaml.safe_load(base.read_text()), CHOSEN)))
    command = ["-m", "kedro", "run", "--env", "test", "--params", f"source={SOURCE}"]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=project,
        env=environment(installed),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )

    def two_are_done() -> bool:
        assert process.poll() is None, process.communicate()[0]
        return (project / f"data/test/{SOURCE}/06_models/studies.db").exists() and sum(
            trial.state == TrialState.COMPLETE for trial in trials(project)
        ) >= 2

    wait_until(two_are_done)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not alive_in(process.pid), "workers outlived their parent")
    before = [line for line in searched(project) if line[1] == TrialState.COMPLETE]
    assert 2 <= len(before) < N_TRIALS
    done = python(installed, *command, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in searched(project) if line[0] in {number for number, *_ in before}] == before
    return project, done.stdout + done.stderr


def merged(under: dict, over: dict) -> dict:
    both = {**under, **over}
    return {
        name: merged(under[name], over[name])
        if name in under.keys() & over.keys() and isinstance(over[name], dict) and name != "sampler"
        else both[name]
        for name in both
    }


@pytest.mark.slow
@pytest.mark.long(part="outside")
class TestOneOfEachKind:
    def test_search_is_killed_and_resumed_with_two_workers(self, run: tuple[Path, str]) -> None:
        project, said = run
        found = trials(project)
        assert [trial.number for trial in found] == list(range(N_TRIALS))
        assert {trial.state for trial in found} == {TrialState.COMPLETE}
        assert "Traceback" not in said
        for trial in found:
            assert {"trunk_dim", "cut_to"} <= set(trial.params)
            assert trial.value == trial.user_attrs["metrics"]["median_error"] > 0
            cut = trial.params["cut_to"]
            for fold in trial.user_attrs["folds"]:
                factors = np.array(fold["learning_rates"]) / trial.params["learning_rate"]
                steps = np.log(factors) / np.log(cut)
                np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)

    def test_the_minimum_is_chosen(self, run: tuple[Path, str]) -> None:
        project, _ = run
        root = project / f"data/test/{SOURCE}"
        results = json.loads((root / "07_model_output/hpo_results_fork.json").read_text())
        assert results["best"]["value"] == min(trial.value for trial in trials(project))

    def test_data_hold_both_outputs_and_both_targets_and_folds_both_ranges(self, run: tuple[Path, str]) -> None:
        root = run[0] / f"data/test/{SOURCE}"
        features = pd.read_parquet(root / "04_feature/features.parquet")
        assert {"market_tide_level", "market_tide_spread"} <= set(features)
        assert open_panel(root / "05_model_input/panel.safetensors").target.shape[-1] == 2
        folds = pd.read_csv(root / "05_model_input/folds.csv")
        ranges = folds[folds["role"] == "validation"].groupby("fold").size()
        assert ranges.tolist() == [2, 2]

    def test_the_network_is_trained_again_and_judged_on_the_holdout(self, run: tuple[Path, str]) -> None:
        root = run[0] / f"data/test/{SOURCE}"
        card = load_card(root / "06_models/fork")
        assert card["label"]["kind"] == "return_and_range"
        assert len(card["unit"]) == 2
        holdout = json.loads((root / "08_reporting/holdout_fork.json").read_text())
        assert holdout["metrics"]["median_error"] > 0
        assert -1 < holdout["metrics"]["max_drawdown"] <= 1
        assert len(pd.read_parquet(root / "08_reporting/holdout_forecasts_fork.parquet")) > 100

    def test_figures_are_drawn(self, run: tuple[Path, str]) -> None:
        figures = run[0] / f"data/test/{SOURCE}/08_reporting/figures"
        for name in ("history", "slice", "parallel", "importance", "calibration"):
            assert json.loads((figures / f"fork_{name}.json").read_text())["data"], name

    def test_many_candidates_are_evaluated_at_once_and_go_through_all_stages(self, run: tuple[Path, str]) -> None:
        found, root = trials(run[0], RIDGES), run[0] / f"data/test/{SOURCE}"
        assert [(trial.user_attrs["slot"], trial.state) for trial in found] == [
            (slot, TrialState.COMPLETE) for slot in range(N_TRIALS)
        ]
        assert all(trial.value == trial.user_attrs["metrics"]["median_error"] > 0 for trial in found)
        assert load_card(root / "06_models/ridge")["params"].keys() == {"penalty"}
        assert json.loads((root / "08_reporting/holdout_ridge.json").read_text())["metrics"]["median_error"] > 0

    @pytest.mark.parametrize("study", [STUDY, RIDGES])
    def test_a_trial_is_trained_again_bit_for_bit(self, run: tuple[Path, str], installed: Path, study: str) -> None:
        done = python(installed, "-m", "kedro", "study", "verify", study, cwd=run[0])
        assert done.returncode == 0, done.stdout + done.stderr


def test_documentation_lists_what_the_package_brings(installed: Path) -> None:
    code = "import pages; print(pages.model_types(), pages.metrics_table())"
    done = python(installed, "-c", code, cwd=ROOT / "docs/build_site")
    assert done.returncode == 0, done.stderr
    assert "fork" in done.stdout
    assert "median_error" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "which"),
    [
        ("tests/market/test_feature_contract.py", "market_tide"),
        ("tests/splits/test_folds.py", "two_halves"),
        ("tests/tasks", "return_and_range or patient_long_short"),
        ("tests/training/losses/test_contract.py", "smooth_runs"),
        ("tests/training/schedules", "cut_back"),
        ("tests/families/networks/test_networks.py", "fork"),
        ("tests/metrics", "median_error"),
    ],
)
@pytest.mark.long(part="outside")
def test_the_suites_that_ours_keep_hold_for_the_packages_own(installed: Path, suite: str, which: str) -> None:
    done = python(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, "-k", which)
    assert done.returncode == 0, done.stdout
