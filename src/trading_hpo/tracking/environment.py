"""How MLflow is to behave in this project, and where its server is; imports nothing of it, so it can come first."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trading_hpo.file_lock import locked
from trading_hpo.urls import HIDDEN, HOW_TO_ESCAPE, parsed_url

SERVER = "MLFLOW_TRACKING_URI"
_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",  # it says what it does in a dozen lines, above our own
    # MLflow waits two minutes, eight times. What a server misses is sent with the next run.
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
_SERVERS = ("http", "https", "databricks", "databricks-uc")
_OF_A_STORE = ("", "file", "sqlite")


@dataclass(frozen=True)
class Places:
    """Where runs are kept.

    Attributes:
        store: SQLite URI of this project; every run is written here first.
        artifacts: Folder of the store's artefacts.
        server: URI of a server that is sent copies; none without one. May hold a password.
    """

    store: str
    artifacts: Path
    server: str | None

    @staticmethod
    def of(project: Path, configured: str) -> "Places":
        """Return the places for a URI of ``mlflow.yml`` and the environment; a server in either is a server.

        What is neither a server nor a local store is left out here, and refused by ``server_problem``.

        Args:
            project: Folder that relative paths start from.
            configured: ``sqlite:///data/mlflow.db``, or a server's URI.
        """
        local = configured if _scheme(configured) == "sqlite" else "sqlite:///data/mlflow.db"
        path = (project / local.removeprefix("sqlite:///")).absolute()
        named = os.environ.get(SERVER) or configured
        server = named if _scheme(named) in _SERVERS else None
        return Places(f"sqlite:///{path}", path.with_suffix(""), server)

    @property
    def file(self) -> Path:
        """The store's file."""
        return Path(self.store.removeprefix("sqlite:///"))

    @property
    def shown(self) -> str:
        """The server without user, password and query; it names the server in tags."""
        return server_name(self.server or "")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time make the store's tables: several at once break a new SQLite file for good."""
    with locked(folder / "tables.lock"):
        yield


def prepare() -> None:
    """Set what MLflow reads from the environment, unless the user has."""
    for name, value in _DEFAULTS.items():
        os.environ.setdefault(name, value)
    # MLflow prints where a copied run can be seen, with the password of the server's URI.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"


def server_problem(configured: str = "") -> str | None:
    """Say what is wrong with the server that environment or ``mlflow.yml`` names, without its secrets.

    Args:
        configured: Of ``mlflow.yml``.

    Returns:
        None if nothing is.
    """
    named = os.environ.get(SERVER) or configured
    where = SERVER if os.environ.get(SERVER) else "mlflow_tracking_uri in mlflow.yml"
    scheme = _scheme(named)
    if scheme not in (*_SERVERS, *_OF_A_STORE):
        return (
            f"{where} must be http://..., https://... or databricks, got {server_name(named)!r}. Correct or unset it."
        )
    if scheme.startswith("http") and parsed_url(named) is None:
        return f"{where} must be a URL such as https://host:5000, got one that cannot be read; {HOW_TO_ESCAPE}"
    return None


def server_name(uri: str) -> str:
    """Return a URI without anything that may be secret; of one that cannot be read nothing.

    Example:
        >>> server_name("https://me:secret@tracking.example:5000/base?token=x")
        'https://tracking.example:5000/base'
    """
    parsed = parsed_url(uri)
    if parsed is None:
        return uri if uri in _SERVERS else HIDDEN
    return f"{parsed.scheme}://{parsed.place}"


def _scheme(uri: str) -> str:
    """The scheme of a URI; MLflow's names without one are their own."""
    return uri if uri in _SERVERS else uri.partition(":")[0].lower() if ":" in uri else ""
