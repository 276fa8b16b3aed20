"""The pages that `make` serves: on this machine only, on the port asked for, ended by Ctrl-C with all they started."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import optuna
import pytest
from tests.makers.browser import CHROMIUM, needs_chromium
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
def test_a_page_installs_what_it_needs_with_the_constraints_and_takes_the_port(target):
    said = make("-n", target, "VENV=elsewhere", "PORT=4321").stdout
    assert "python3 -m venv elsewhere" in said
    assert "pip install --quiet --disable-pip-version-check -c constraints.txt -e" in said
    assert "4321" in said.rpartition("exec ")[2]


def test_a_run_says_first_how_long_it_takes():
    said = make("-n", *without_installing("run")).stdout.splitlines()
    first, second = (line for line in said if not line.startswith("make"))  # within a make it says so
    assert "about two minutes on two cores" in first
    assert second.endswith("kedro run")


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
    ("target", "said"),
    [
        ("dashboard", "There are no studies at data/base/sp500_20/06_models/studies.db yet. Run `kedro run` first"),
        ("mlflow", "No run has been tracked yet. Run make run first."),
    ],
)
def test_before_the_first_run_a_page_says_what_to_do_and_makes_nothing(target, said, project):
    done = make(*without_installing(target), cwd=project)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
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

    def code(self, path: str, **headers: str) -> int:
        """Return the status of a page that is there, asked for with other headers than a browser's here."""
        with closing(http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=60)) as connection:
            connection.request("GET", f"/{path}", headers=headers)
            return connection.getresponse().status

    def answers_this_machine_only(self, path: str) -> None:
        """Check that a name which somebody has let point to this machine gets nothing."""
        port = self.address.rpartition(":")[2]
        assert self.code(path, Host=f"localhost:{port}") == 200
        for host in (f"rebound.example:{port}", "rebound.example", f"192.168.rebound.example:{port}", "127.0.0.1.x"):
            assert self.code(path, Host=host) == 403, host


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
@pytest.mark.long(part="pages")
def test_the_dashboard_follows_the_storage_of_the_runs_and_keeps_its_url_off_the_command_line(
    project, study, monkeypatch
):
    monkeypatch.setenv("TRADING_HPO_STORAGE", study)
    with serving(project, "dashboard") as pages:
        assert b"base-own-direction1.mlp" in pages.ask("api/studies")
        pages.answers_this_machine_only("api/studies")
        assert pages.code("api/studies", Origin="https://elsewhere.example") == 403
        commands = [process.cmdline() for process in alive_in(pages.process.pid)]
        assert any(command[-4:-2] == ["study", "dashboard"] for command in commands)
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
        pages.answers_this_machine_only("api/2.0/mlflow/experiments/get?experiment_id=0")
    assert (project / "data" / "mlflow.db").stat().st_size > 0


@pytest.mark.slow
@pytest.mark.long(part="pages")
@needs_chromium
def test_the_link_that_mlflow_is_served_with_opens_on_the_runs(project):
    from mlflow import MlflowClient
    from playwright.sync_api import sync_playwright

    (project / "data").mkdir()
    client = MlflowClient(f"sqlite:///{project / 'data' / 'mlflow.db'}")
    experiment = client.create_experiment("base-own-direction1", (project / "data" / "mlflow").as_uri())
    client.create_run(experiment, run_name="all stages base own direction1")
    with serving(project, "mlflow") as pages, sync_playwright() as playwright:
        pages.ask("")
        (link,) = re.findall(rf"{pages.address}/#\S+", pages.log.read_text())
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.goto(link)
        page.get_by_text("all stages base own direction1").first.wait_for(timeout=60_000)
        assert page.get_by_text("Run Name", exact=True).count() == 1
        for about_language_models in ("Sessions", "Judges", "Prompts", "Playground"):
            assert page.get_by_text(about_language_models, exact=True).count() == 0
        page.context.browser.close()


@pytest.mark.slow
@pytest.mark.long(part="pages")
def test_kedro_viz_shows_the_pipelines(project):
    with serving(project, "viz") as pages:
        assert b"build_panel" in pages.ask("api/main")
        assert f"{pages.address}/?types=task shows the five stages" in pages.log.read_text()
        pages.answers_this_machine_only("api/main")
        assert pages.code("api/main", Origin="https://elsewhere.example") == 403


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
        pages.answers_this_machine_only("api/status?token=own")


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
def test_clean_refuses_beside_a_run_and_names_it_and_one_that_was_killed_does_not_count(project, start, what):
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
