"""The package as a wheel, in an environment that has never seen the repository."""

import os
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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, str(folder), _copy_of_sources(folder / "sources")], check=True, timeout=600)
    (built,) = folder.glob("*.whl")
    return built


def _copy_of_sources(folder: Path) -> str:
    """What is under version control, so that a build leaves nothing in the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if name.startswith("src/") or "/" not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return str(folder)


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel, and with its dependencies as they are installed here."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=False)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    # A path in a .pth file does not run the .pth files there: the editable install of this repository is not seen.
    (Path(packages) / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    return folder / "bin" / "python"


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    ours = ("TRADING_HPO_", "MLFLOW_", "PYTHON")
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
