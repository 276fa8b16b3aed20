"""The pages that `make` serves: on this machine only, on the port asked for, ended by Ctrl-C with all they started."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import optuna
import psutil
import pytest

ROOT = Path(__file__).parents[1]
PAGES = ["viz", "lab", "dashboard", "mlflow"]
PASSWORD = "s3cret"
TOKEN = {"IdentityProvider": {"token": "own"}}


def make(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "TRADING_HPO_STORAGE"}
    return subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), *arguments],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def without_installing(target: str, *variables: str) -> list[str]:
    """Arguments that run a target with this interpreter's programs, as if all were installed."""
    markers = [".venv/.installed", ".venv/.installed-dev", ".venv/.installed-extras"]
    old = [option for marker in markers for option in ("-o", marker)]
    return [*old, f"BIN={Path(sys.executable).parent}", target, *variables]


@pytest.mark.parametrize("target", PAGES)
def test_a_page_installs_what_it_needs_with_the_constraints_and_listens_on_this_machine_only(target):
    said = make("-n", target, "VENV=elsewhere", "PORT=4321").stdout
    assert "python3 -m venv elsewhere" in said
    assert "pip install --quiet --disable-pip-version-check -c constraints.txt -e" in said
    last = said.rpartition("exec ")[2]
    assert "127.0.0.1" in last
    assert "4321" in last


def test_mlflow_reads_no_pickles_and_starts_no_jobs():
    said = make("-n", "mlflow").stdout
    assert "MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false" in said
    assert "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false" in said


@pytest.mark.parametrize("how", ["variable", "environment"])
def test_the_password_of_a_storage_is_not_printed(how):
    url = f"postgresql+psycopg://me:{PASSWORD}@127.0.0.1:9/studies"
    done = make("-n", "dashboard", f"STUDIES={url}") if how == "variable" else make("-n", "dashboard", STUDIES=url)
    assert done.returncode == 0
    assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("target", "said"), [("dashboard", "There are no studies at sqlite:///data/base"), ("mlflow", "No run has been")]
)
def test_before_the_first_run_a_page_says_what_to_do_and_makes_nothing(target, said, project):
    done = make(*without_installing(target), cwd=project)
    assert done.returncode != 0
    assert said in done.stdout
    assert "make run" in done.stdout
    assert not (project / "data").exists()


def free_port() -> int:
    """A port that is free, and low enough for Kedro-Viz, which refuses those above 49151."""
    for number in random.sample(range(20_000, 49_000), 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", number))
            return number
    raise AssertionError("no port is free")


def answer(url: str, process: subprocess.Popen[bytes], log: Path) -> bytes:
    """What a page says, as soon as it is there."""
    for _ in range(900):
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                assert response.status == 200
                return response.read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(f"{url} does not answer: {log.read_text()}")


def left(group: int) -> list[str]:
    """Processes of the group that are still alive."""
    alive = []
    for process in psutil.process_iter(["pid", "status", "cmdline"]):
        try:
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                alive.append(" ".join(process.info["cmdline"] or []))
        except ProcessLookupError:
            continue
    return alive


@contextmanager
def serving(project: Path, target: str, *variables: str) -> Iterator[Callable[[str], bytes]]:
    """Serve pages and give what asks for one; then press Ctrl-C, which reaches the whole group, and see it gone."""
    port, log = free_port(), project / "said.txt"
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["make", "-f", str(ROOT / "Makefile"), *without_installing(target, f"PORT={port}", *variables)],
            cwd=project,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield lambda path: answer(f"http://127.0.0.1:{port}/{path}", process, log)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        if process.poll() is None:  # Python drops a Ctrl-C that meets a finaliser; a person presses again
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=90)
        for _ in range(100):
            if not left(process.pid):
                break
            time.sleep(0.1)
        assert left(process.pid) == []
    finally:
        if left(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=90)


@pytest.fixture
def study(tmp_path) -> str:
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    optuna.create_study(study_name="base-own-direction1.mlp", storage=storage)
    return storage.url


@pytest.mark.slow
def test_the_dashboard_lists_the_studies_it_is_given(project, study):
    with serving(project, "dashboard", f"STUDIES={study}") as ask:
        summaries = json.loads(ask("api/studies"))["study_summaries"]
        assert [summary["study_name"] for summary in summaries] == ["base-own-direction1.mlp"]
        assert b"<html" in ask("dashboard")


@pytest.mark.slow
def test_the_dashboard_follows_the_storage_of_the_runs_and_keeps_its_url_off_the_command_line(
    project, study, monkeypatch
):
    monkeypatch.setenv("TRADING_HPO_STORAGE", study)
    with serving(project, "dashboard") as ask:
        assert b"base-own-direction1.mlp" in ask("api/studies")
        commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        assert any("optuna_dashboard" in part for command in commands for part in command)
        assert not any(study in part for command in commands for part in command)


@pytest.mark.slow
def test_mlflow_shows_the_projects_store(project):
    (project / "data").mkdir()
    (project / "data" / "mlflow.db").touch()
    with serving(project, "mlflow") as ask:
        assert b"<html" in ask("")
        assert json.loads(ask("api/2.0/mlflow/experiments/get?experiment_id=0"))["experiment"]["name"] == "Default"
    assert (project / "data" / "mlflow.db").stat().st_size > 0


@pytest.mark.slow
def test_kedro_viz_shows_the_pipelines(project):
    with serving(project, "viz") as ask:
        assert b"build_panel" in ask("api/main")


@pytest.mark.slow
def test_jupyter_lab_opens_the_notebook_with_the_projects_kernel(project, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "notebooks", project / "notebooks")
    settings = tmp_path / "jupyter" / "jupyter_server_config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"ServerApp": {"allow_root": True, "open_browser": False}, **TOKEN}))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(settings.parent))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "share"))  # the kernel is a file of the user's otherwise
    with serving(project, "lab") as ask:
        kernels = json.loads(ask("api/kernelspecs?token=own"))
        assert kernels["default"] == "kedro_trading_hpo"
        assert "kedro.ipython" in kernels["kernelspecs"]["kedro_trading_hpo"]["spec"]["argv"]
        assert json.loads(ask("api/contents/notebooks/01_results.ipynb?token=own"))["type"] == "notebook"
