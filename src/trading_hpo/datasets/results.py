"""JSON results of one model type, which may have been left out."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset


class ResultsDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Saves a JSON object; one that was never saved loads as ``{"skipped": ...}``.

    Comparisons take what exists: a model type that nobody searched is no error.

    Args:
        filepath: Where.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> dict[str, Any]:
        """Read the object."""
        if not self._filepath.exists():
            return {"skipped": "not run yet"}
        loaded: dict[str, Any] = json.loads(self._filepath.read_text())
        return loaded

    def save(self, data: dict[str, Any]) -> None:
        """Write the object, whole or not at all."""
        write_json(data, self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def write_json(data: Any, path: Path) -> None:
    """Write JSON to ``path`` in one step; a crash leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(data, indent=2, allow_nan=False) + "\n")
    draft.replace(path)
