"""Where the studies live."""

import json
import os
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from trading_hpo.engine.store.storage import StudyStorage


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
        url = os.environ.get((credentials or {}).get("environment_variable", ""))
        path = Path(filepath)
        # A short path reads better wherever the URL is shown.
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        self._storage = StudyStorage(str(url) if url else f"sqlite:///{shown}")

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
