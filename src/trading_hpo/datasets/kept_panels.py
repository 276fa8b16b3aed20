"""The panels that studies were made on."""

import json
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.market.kept_panels import KeptPanels


class KeptPanelsDataset(AbstractDataset[NoReturn, KeptPanels]):
    """Names the folder of the panels; which of them is read, a study or a network says.

    Args:
        filepath: The folder.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._panels, self.metadata = KeptPanels(Path(filepath)), metadata

    def load(self) -> KeptPanels:
        """Return the panels, none of them opened."""
        return self._panels

    def save(self, data: NoReturn) -> None:  # noqa: ARG002 - the base class names it
        """Refuse: a panel is kept when a study is made on it."""
        raise DatasetError("panels are kept by the search")

    def fingerprint(self) -> str:
        """Return the same for all folders: a panel never changes, and whoever reads one names it by its digest.

        A project that was moved or copied has the same panels elsewhere.
        """
        return "panels by digest"

    def preview(self) -> JSONPreview:
        """Show in Kedro-Viz which panels are kept."""
        return JSONPreview(json.dumps(sorted(path.name for path in self._panels.folder.glob("*.safetensors"))))

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._panels.folder)}
