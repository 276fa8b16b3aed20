"""The package as a wheel, in an environment that has never seen the repository."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from tests.makers.projects import ROOT, new_project

pytestmark = [pytest.mark.slow, pytest.mark.long(part="wheel")]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kedro package` makes; it takes setuptools from where pip is configured to."""
    folder = _copy_of_sources(tmp_path_factory.mktemp("wheel") / "sources")
    made = run(Path(sys.executable), "-m", "kedro", "package", cwd=folder)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "dist"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def conf(dist: Path) -> str:
    (archive,) = dist.glob("*.tar.gz")
    return str(archive)


def _copy_of_sources(folder: Path) -> Path:
    """What is under version control, so that a build leaves nothing in the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if name.startswith(("src/", "conf/")) or "/" not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel, and with its dependencies as they are installed here."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    # Before there is another one to be seen: pip would take the editable install of this repository for it.
    into = ("-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index")
    installed = run(Path(sys.executable), *into, str(wheel), cwd=folder)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    # A path in a .pth file does not run the .pth files there: the editable install of this repository is not seen.
    (Path(packages) / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    ours = ("TRADING_HPO_", "MLFLOW_", "PYTHON", "KEDRO_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [python, *arguments], cwd=cwd, env=inherited, capture_output=True, text=True, timeout=600, check=False
    )


def test_the_wheel_holds_every_module(wheel):
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("trading_hpo/")}
    listed = subprocess.run(["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    there = {name.removeprefix("src/") for name in listed.splitlines() if (ROOT / name).exists()}
    assert packed == there


def test_the_installed_package_runs_a_project_of_which_it_has_the_configuration_only(python, tmp_path):
    project = new_project(tmp_path / "project")
    where = run(python, "-c", "import trading_hpo; print(trading_hpo.__file__)", cwd=project)
    assert where.returncode == 0, where.stderr
    assert Path(where.stdout.strip()).is_relative_to(python.parents[1])
    shown = run(python, "-m", "kedro", "run", "--help", cwd=project)
    assert shown.returncode == 0, shown.stderr
    assert "kedro run --namespaces lstm " in shown.stdout
    done = run(python, "-m", "kedro", "run", "--env", "test", "--pipeline", "data_engineering", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/test/sp500_20/05_model_input/folds.csv").exists()


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


def script(python: Path) -> Path:
    return python.with_name("trading-hpo")


def test_it_runs_where_no_project_is_with_the_configuration_that_was_packed(python, conf, tmp_path):
    given = ("--conf-source", conf, "--env", "test", "--namespaces", "mlp")
    settings = ("--params", "source=us_tech_ohlcv,hpo.n_trials=2,hpo.workers=1")
    first = run(python, "-m", "trading_hpo", *given, *settings, cwd=tmp_path)
    assert first.returncode == 0, said(first)
    root = tmp_path / "data/test/us_tech_ohlcv"
    network = (root / "06_models/mlp/network.safetensors").stat().st_mtime_ns
    again = run(script(python), "run", *given, *settings, cwd=tmp_path)
    assert again.returncode == 0, said(again)
    assert (root / "06_models/mlp/network.safetensors").stat().st_mtime_ns == network
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]

    name = "test-us_tech_ohlcv-direction1.mlp"
    listed = run(script(python), "study", "list", cwd=tmp_path)
    assert name in said(listed), said(listed)
    deleted = run(script(python), "study", "delete", name, "--yes", "--conf-source", conf, cwd=tmp_path)
    assert f"deleted {name}, 2 trials" in said(deleted), said(deleted)
    assert name in (tmp_path / "data/test/trial_ledger.jsonl").read_text()


def test_its_mistakes_are_messages_with_commands_that_can_be_typed_there(python, conf, tmp_path):
    def refused(*arguments: str) -> str:
        done = run(script(python), *arguments, cwd=tmp_path)
        assert done.returncode != 0
        assert "Traceback" not in said(done)
        assert list(tmp_path.rglob("*.parquet")) == []
        return said(done)

    assert "Give --conf-source another." in refused("run")
    assert "unknown environment 'tets'. Did you mean 'test'?" in refused("--conf-source", conf, "--env", "tets")
    given = ("--env", "test", "--conf-source", conf)
    assert f"Run `trading-hpo run --env test --conf-source {conf} --pipeline hpo` first." in refused(
        *given, "--pipelines", "retraining"
    )
    assert "No such command 'runn'" in refused("runn")


def test_an_own_command_does_not_import_the_plugins_of_others(python, tmp_path):
    project = new_project(tmp_path / "project")
    imported = "import sys, atexit; atexit.register(lambda: print('mlflow' in sys.modules))"
    for command in ("study list", "run --pipeline hpoo"):
        program = f"{imported}; sys.argv[1:] = {command.split()}; from kedro.framework.cli import main; main()"
        assert run(python, "-c", program, cwd=project).stdout.split()[-1] == "False", command


def test_a_project_with_a_package_of_its_own_runs_that_one(python, tmp_path):
    project = new_project(tmp_path / "project")
    shutil.copytree(ROOT / "src/trading_hpo", project / "src/trading_hpo")
    own = project / "src/trading_hpo/cli.py"
    own.write_text(f"{own.read_text()}\n\nprint(__file__)\n")
    shown = run(python, "-m", "kedro", "study", "list", cwd=project)
    assert shown.stdout.splitlines()[0] == str(own), said(shown)
