"""A trained network's folder."""

import json
import shutil
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from safetensors import safe_open

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.families.networks.final import TrainedNetwork


class NetworkDataset(AbstractDataset[TrainedNetwork | dict[str, Any], TrainedNetwork | dict[str, Any]]):
    """Saves a network as safetensors and JSON, without pickle; a skipped one as a note.

    Args:
        filepath: The folder.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> TrainedNetwork | dict[str, Any]:
        """Read the network, or the note that there is none."""
        if (self._filepath / "skipped").exists():
            return {"skipped": (self._filepath / "skipped").read_text()}
        if not self._exists():
            return {"skipped": "not trained yet"}
        return TrainedNetwork.load(self._filepath)

    def save(self, data: TrainedNetwork | dict[str, Any]) -> None:
        """Write the network; a note replaces an older network."""
        note = self._filepath / "skipped"
        if isinstance(data, TrainedNetwork):
            note.unlink(missing_ok=True)
            data.save(self._filepath)
            return
        if self._filepath.exists():
            shutil.rmtree(self._filepath)
        self._filepath.mkdir(parents=True)
        note.write_text(str(data["skipped"]))

    def preview(self) -> JSONPreview:
        """Show architecture, threshold and card in Kedro-Viz; weights are not read."""
        weights = self._filepath / "network.safetensors"
        if (self._filepath / "skipped").exists() or not weights.exists():
            return JSONPreview(json.dumps(self.load()))
        with safe_open(weights, framework="np") as file:
            return JSONPreview(file.metadata()["description"])

    def _exists(self) -> bool:
        return (self._filepath / "network.safetensors").exists() or (self._filepath / "skipped").exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
