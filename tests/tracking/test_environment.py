"""Where runs are kept: the project's own store always, a server beside it if one is named."""

from pathlib import Path
from urllib.parse import quote

import pytest

from trading_hpo.tracking.environment import SERVER, Places, prepare, server_name, server_problem

LOCAL = "sqlite:///data/mlflow.db"


@pytest.mark.parametrize(
    ("configured", "environment", "server"),
    [
        (LOCAL, None, None),
        (LOCAL, "http://tracking:5000", "http://tracking:5000"),
        (LOCAL, "sqlite:////elsewhere/other.db", None),
        (LOCAL, "file:///elsewhere", None),
        (LOCAL, "mlruns", None),
        ("https://tracking", None, "https://tracking"),
        ("https://tracking", "https://other", "https://other"),
        (LOCAL, "databricks", "databricks"),
        (LOCAL, "postgresql+psycopg://me:secret@host/mlflow", None),
        (LOCAL, "htps://me:secret@host", None),
    ],
)
def test_the_store_is_the_projects_own_whatever_server_is_named(monkeypatch, configured, environment, server):
    monkeypatch.delenv(SERVER, raising=False)
    if environment is not None:
        monkeypatch.setenv(SERVER, environment)
    places = Places.of(Path("/project"), configured)
    assert places.store == "sqlite:////project/data/mlflow.db"
    assert places.artifacts == Path("/project/data/mlflow")
    assert places.server == server


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://host:5000", "http://host:5000"),
        ("https://me:s3cret@host/base?token=s3cret", "https://host/base"),
        ("https://me:s3cret@host/base#s3cret", "***"),
        ("https://s3cret@host", "https://host"),
        ("postgresql+psycopg://me:s3c@ret@host/db?password=s3cret", "***"),
    ],
)
def test_nothing_secret_of_a_uri_is_shown(uri, shown):
    assert server_name(uri) == shown


def test_what_the_user_has_set_is_left_alone(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    monkeypatch.delenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", raising=False)
    prepare()
    import os

    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77"
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"


@pytest.mark.parametrize("named", ["htps://me:s3cret@host", "postgresql+psycopg://me:s3cret@host/mlflow"])
def test_what_is_neither_a_server_nor_a_store_is_refused_without_its_secrets(monkeypatch, named):
    monkeypatch.setenv(SERVER, named)
    problem = server_problem()
    assert problem is not None
    assert "must be http://..., https://... or databricks" in problem
    assert "s3cret" not in problem


@pytest.mark.parametrize("special", ["#", "/", "?", "@", "["])
def test_a_password_that_is_not_escaped_is_not_shown(monkeypatch, special):
    uri = f"https://me:cAnArY{special}cAnArY@host"
    monkeypatch.setenv(SERVER, uri)
    problem = server_problem()
    assert problem is not None
    assert problem.startswith("MLFLOW_TRACKING_URI must be a URL")
    assert "percent codes" in problem
    assert "cAnArY" not in problem + server_name(uri)
    monkeypatch.delenv(SERVER)
    assert server_problem(uri) == problem.replace("MLFLOW_TRACKING_URI", "mlflow_tracking_uri in mlflow.yml")
    assert server_problem(f"https://me:{quote('cAnArY' + special, safe='')}@host") is None


@pytest.mark.parametrize("named", ["", "http://host", "databricks", "sqlite:///x.db", "mlruns"])
def test_what_can_be_used_is_no_problem(monkeypatch, named):
    monkeypatch.setenv(SERVER, named)
    assert server_problem() is None
