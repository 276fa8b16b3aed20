"""Audits of prepared data, by the digest of the data."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.datasets.results import read_json, write_json
from trading_hpo.file_lock import locked


class AuditsDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Keeps the last audit of each panel in one JSON file.

    Args:
        filepath: Where.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> dict[str, Any]:
        """Return the records by digest, the latest last; none where no data were audited."""
        return read_json(self._filepath) if self._filepath.exists() else {}

    def save(self, data: dict[str, Any]) -> None:
        """Add a record of ``audit.audit``, in place of an earlier one of the same data."""
        with locked(self._filepath.with_name(f"{self._filepath.name}.lock")):
            others = {digest: kept for digest, kept in self.load().items() if digest != data["panel_digest"]}
            write_json({**others, data["panel_digest"]: data}, self._filepath)

    def preview(self) -> JSONPreview:
        """Show the records in Kedro-Viz."""
        return JSONPreview(json.dumps(self.load()))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
