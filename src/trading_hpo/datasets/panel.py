"""The panel's file."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
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

    def preview(self) -> JSONPreview:
        """Show in Kedro-Viz what the panel holds; the file is mapped, its arrays are not read."""
        return JSONPreview(json.dumps(_described(open_panel(self._filepath)) if self._exists() else _NOT_PREPARED))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


_NOT_PREPARED = {"skipped": "not prepared yet"}


def _described(panel: Panel) -> dict[str, Any]:
    return {
        "label": dict(panel.label),
        "horizon_bars": panel.horizon_bars,
        "bars": len(panel.timestamps),
        "first_bar": panel.timestamps[0].isoformat(),
        "last_bar": panel.timestamps[-1].isoformat(),
        "bars_per_year": panel.bars_per_year,
        "assets": list(panel.assets),
        "features": list(panel.feature_names),
        "shapes": {name: list(getattr(panel, name).shape) for name in ("features", "forward_return", "target")},
    }
