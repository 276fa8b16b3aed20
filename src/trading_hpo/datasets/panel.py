"""The panel's file."""

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.errors import MissingInputError
from trading_hpo.market.panel import open_panel, save_panel
from trading_hpo.types import Panel


class PanelDataset(AbstractDataset[Panel, Panel]):
    """Saves a panel as safetensors; loads it mapped, without copying.

    Args:
        filepath: Where.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> Panel:
        """Map the file."""
        if not self._filepath.exists():
            raise MissingInputError(f"There is no panel at {self._filepath}. Run `kedro run --pipeline hpo` first.")
        return open_panel(self._filepath)

    def save(self, data: Panel) -> None:
        """Write the file."""
        save_panel(data, self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
