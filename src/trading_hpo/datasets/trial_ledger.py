"""Where trials are counted."""

import json
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from trading_hpo.datasets.previews import JSONPreview


class TrialLedgerDataset(AbstractDataset[NoReturn, Path]):
    """Names the ledger of all trials, which the search appends to while it runs.

    Args:
        filepath: Of JSON lines.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> Path:
        """Return the path; the file need not be there."""
        return self._filepath

    def save(self, data: NoReturn) -> None:  # noqa: ARG002 - the base class names it
        """Refuse: the search writes the ledger itself."""
        raise DatasetError("the trial ledger is written by the search")

    def fingerprint(self) -> str:
        """Return the same for all ledgers: that one has grown, or was moved with its project, makes nothing again."""
        return "trial ledger"

    def preview(self) -> JSONPreview:
        """Show in Kedro-Viz where it is."""
        return JSONPreview(json.dumps(self._describe()))

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
