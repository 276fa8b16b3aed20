"""JSON results of one model type, which may have been left out."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.errors import StaleInputError
from trading_hpo.whole_files import written_whole


class ResultsDataset(AbstractDataset[dict[str, Any], dict[str, Any]]):
    """Saves a JSON object; one that was never saved loads as ``{"skipped": ...}``.

    Comparisons take what exists: a model type that was not searched is no error.

    Args:
        filepath: Where.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> dict[str, Any]:
        """Read the object."""
        if not self._filepath.exists():
            return {"skipped": "not run yet"}
        return read_json(self._filepath)

    def save(self, data: dict[str, Any]) -> None:
        """Write the object, whole or not at all."""
        write_json(data, self._filepath)

    def preview(self) -> JSONPreview:
        """Show the object in Kedro-Viz."""
        return JSONPreview(json.dumps(self.load()))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        StaleInputError: The file holds something else.
    """
    try:
        loaded = json.loads(path.read_text())
    except ValueError as error:
        raise StaleInputError(f"{path} is damaged: {error}. Delete it, then run again: it is made anew.") from error
    if not isinstance(loaded, dict):
        raise StaleInputError(f"{path} is damaged: it must hold an object. Delete it, then run again.")
    return loaded


def write_json(data: Any, path: Path) -> None:
    """Write JSON to ``path`` in one step."""
    with written_whole(path) as draft:
        draft.write_text(json.dumps(data, indent=2, allow_nan=False) + "\n")
