"""Where the studies live."""

import json
import os
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import ConfigurationError


class StudyStorageDataset(AbstractDataset[NoReturn, StudyStorage]):
    """Names the study database: a SQLite file, unless the credentials give a URL.

    Args:
        filepath: Of the SQLite file.
        credentials: ``{environment_variable: ...}`` that holds a URL. Not the URL itself: configuration is
            interpolated, and a password may contain what looks like an interpolation. Never from parameters,
            since those are logged.
    """

    def __init__(
        self,
        *,
        filepath: str,
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.metadata = metadata
        variable = _variable(credentials or {})
        url = os.environ.get(variable)
        path = Path(filepath)
        # A short path reads better wherever the URL is shown.
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        self._storage = StudyStorage(url, variable) if url else StudyStorage(f"sqlite:///{shown}")

    def load(self) -> StudyStorage:
        """Return the storage, not yet connected."""
        return self._storage

    def save(self, data: NoReturn) -> None:  # noqa: ARG002 - the base class names it
        """Refuse: the search writes studies itself."""
        raise DatasetError("the study storage is written by the search")

    def fingerprint(self) -> str:
        """Return the URL without its password; what is in the studies is part of their pointers' fingerprints."""
        return self._storage.masked

    def preview(self) -> JSONPreview:
        """Show the URL in Kedro-Viz, without its password and without connecting."""
        return JSONPreview(json.dumps(self._describe()))

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"storage": self._storage.masked}


def _variable(credentials: dict[str, Any]) -> str:
    """Return the environment variable that the credentials name; a URL in them would be left unused in silence."""
    if credentials.keys() - {"environment_variable"}:
        raise ConfigurationError(
            [
                "study_storage in credentials.yml must name an environment_variable and nothing else. Put the URL into "
                "that variable, TRADING_HPO_STORAGE by default."
            ]
        )
    return str(credentials.get("environment_variable", ""))
