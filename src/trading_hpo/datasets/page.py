"""Pages and summaries for people."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.whole_files import written_whole


class PageDataset(AbstractDataset[str, str]):
    """A text that is written whole or not at all, such as a page in HTML.

    Args:
        filepath: Where.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> str:
        """Read the text."""
        return self._filepath.read_text(encoding="utf-8")

    def save(self, data: str) -> None:
        """Write the text."""
        with written_whole(self._filepath) as draft:
            draft.write_text(data, encoding="utf-8")

    def preview(self) -> JSONPreview:
        """Say in Kedro-Viz where the text is: a page of megabytes is opened by itself."""
        return JSONPreview(json.dumps({"file": self._filepath.name, "bytes": self._filepath.stat().st_size}))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
