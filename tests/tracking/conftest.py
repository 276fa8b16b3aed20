"""A store of MLflow with its tables made once: making them takes more than a second."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from trading_hpo.tracking.environment import prepare

prepare()


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    client = MlflowClient(f"sqlite:///{path}")
    client.search_experiments()
    return path


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> Path:
    """The file of a fresh store."""
    return Path(shutil.copy(empty_store, tmp_path / "mlflow.db"))


@pytest.fixture
def client(store: Path, tmp_path: Path) -> Iterator[MlflowClient]:
    """A client of the fresh store, which is MLflow's own too."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{store}")
    yield MlflowClient(f"sqlite:///{store}")
    mlflow.set_tracking_uri(before)


@pytest.fixture
def experiment(client: MlflowClient, tmp_path: Path) -> str:
    return client.create_experiment("searches", (tmp_path / "artifacts").as_uri())
