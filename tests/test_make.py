"""The pages that `make` serves: on this machine only, on the port asked for, ended by Ctrl-C with all they started."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from tests.makers.processes import alive_in, end, free_port, wait_until

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
        timeout=300,
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


@dataclass(frozen=True)
class Pages:
    """Pages that are served on this machine by a process that leads a session of its own."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str) -> bytes:
        """Return what a page says, as soon as it is there."""
        said: list[bytes] = []

        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            with (
                suppress(urllib.error.URLError, ConnectionError, TimeoutError),
                urllib.request.urlopen(f"{self.address}/{path}", timeout=60) as response,
            ):
                assert response.status == 200
                said.append(response.read())
            return bool(said)

        wait_until(answers, f"{self.address}/{path} does not answer")
        return said[0]


@contextmanager
def serving(project: Path, target: str, *variables: str) -> Iterator[Pages]:
    """Serve pages; then press Ctrl-C, which reaches all that it has started, and see it gone."""
    port, log = free_port(), project / "said.txt"
    # What runs in the background of a shell ignores Ctrl-C, and so would all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["make", "-f", str(ROOT / "Makefile"), *without_installing(target, f"PORT={port}", *variables)],
            cwd=project,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONFAULTHANDLER": "1"},
        )
    signal.signal(signal.SIGINT, before)
    try:
        yield Pages(f"http://127.0.0.1:{port}", process, log)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=60)
        if process.poll() is None:  # Python drops a Ctrl-C that meets a finaliser; a person presses again
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=60)
        if process.poll() is None:  # let it say where it hangs
            os.killpg(process.pid, signal.SIGABRT)
            process.wait(timeout=60)
            raise AssertionError(log.read_text())
        wait_until(lambda: not alive_in(process.pid), f"left: {alive_in(process.pid)}", 60)
    finally:
        end(process)


@pytest.fixture
def study(tmp_path) -> str:
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    optuna.create_study(study_name="base-own-direction1.mlp", storage=storage)
    return storage.url


@pytest.mark.slow
@pytest.mark.long(part="pages")
def test_the_dashboard_lists_the_studies_it_is_given(project, study):
    with serving(project, "dashboard", f"STUDIES={study}") as pages:
        summaries = json.loads(pages.ask("api/studies"))["study_summaries"]
        assert [summary["study_name"] for summary in summaries] == ["base-own-direction1.mlp"]
        assert b"<html" in pages.ask("dashboard")


@pytest.mark.slow
def test_the_dashboard_follows_the_storage_of_the_runs_and_keeps_its_url_off_the_command_line(
    project, study, monkeypatch
):
    monkeypatch.setenv("TRADING_HPO_STORAGE", study)
    with serving(project, "dashboard") as pages:
        assert b"base-own-direction1.mlp" in pages.ask("api/studies")
        commands = [process.cmdline() for process in alive_in(pages.process.pid)]
        assert any("optuna_dashboard" in part for command in commands for part in command)
        assert not any(study in part for command in commands for part in command)


@pytest.mark.slow
@pytest.mark.long(part="pages")
def test_mlflow_shows_the_projects_store(project):
    (project / "data").mkdir()
    (project / "data" / "mlflow.db").touch()
    with serving(project, "mlflow") as pages:
        assert b"<html" in pages.ask("")
        assert (
            json.loads(pages.ask("api/2.0/mlflow/experiments/get?experiment_id=0"))["experiment"]["name"] == "Default"
        )
    assert (project / "data" / "mlflow.db").stat().st_size > 0


@pytest.mark.slow
@pytest.mark.long(part="pages")
def test_kedro_viz_shows_the_pipelines(project):
    with serving(project, "viz") as pages:
        assert b"build_panel" in pages.ask("api/main")


@pytest.mark.slow
@pytest.mark.long(part="pages")
def test_jupyter_lab_opens_the_notebook_with_the_projects_kernel(project, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "notebooks", project / "notebooks")
    settings = tmp_path / "jupyter" / "jupyter_server_config.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"ServerApp": {"allow_root": True, "open_browser": False}, **TOKEN}))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(settings.parent))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "share"))  # the kernel is a file of the user's otherwise
    with serving(project, "lab") as pages:
        kernels = json.loads(pages.ask("api/kernelspecs?token=own"))
        assert kernels["default"] == "kedro_trading_hpo"
        assert "kedro.ipython" in kernels["kernelspecs"]["kedro_trading_hpo"]["spec"]["argv"]
        assert json.loads(pages.ask("api/contents/notebooks/01_results.ipynb?token=own"))["type"] == "notebook"


HOLD = """
import sys, time
from pathlib import Path
from trading_hpo.file_lock import locked, locked_folder
lock = Path("data/base/a/studies.db.name.lock")
with locked_folder(Path.cwd(), shared=True) if sys.argv[1] == "run" else locked(lock):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("what", ["run", "search"])  # by `kedro run`; from a notebook
def test_clean_waits_for_no_run_but_names_it_and_a_killed_one_is_in_nobodys_way(project, start, what):
    kept = ("data/holdout_ledger.jsonl", "data/trial_ledger.jsonl")
    for name in (*kept, "data/base/a/stamps.json", "data/base/a/studies.db.name.lock", "data/mlflow.db"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    run = start([sys.executable, "-c", HOLD, what], cwd=project, stdout=subprocess.PIPE)
    assert run.stdout.readline() == "held\n"
    done = make(*without_installing("clean"), cwd=project)
    assert done.returncode != 0
    assert "Nothing is removed: a run is on" in done.stdout
    if sys.platform == "linux":
        assert f"process {run.pid}" in done.stdout
    assert (project / "data/mlflow.db").exists()
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert make(*without_installing("clean"), cwd=project).returncode == 0
    left = [path.relative_to(project).as_posix() for path in (project / "data").rglob("*")]
    assert sorted(left) == sorted(kept)
