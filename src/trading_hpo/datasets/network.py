"""A trained model's folder."""

import json
import shutil
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.families.family import TrainedModel, load_model
from trading_hpo.families.model_file import MODEL_FILE, read_description


class NetworkDataset(AbstractDataset[TrainedModel | dict[str, Any], TrainedModel | dict[str, Any]]):
    """Saves a model of any family, without pickle; a skipped one as a note.

    Args:
        filepath: The folder.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath, self.metadata = Path(filepath), metadata

    def load(self) -> TrainedModel | dict[str, Any]:
        """Read the model, or the note that there is none."""
        if (self._filepath / "skipped").exists():
            return {"skipped": (self._filepath / "skipped").read_text()}
        if not self._exists():
            return {"skipped": "not trained yet"}
        return load_model(self._filepath)

    def save(self, data: TrainedModel | dict[str, Any]) -> None:
        """Write the model; a note replaces an older model."""
        note = self._filepath / "skipped"
        if not isinstance(data, dict):
            note.unlink(missing_ok=True)
            data.save(self._filepath)
            return
        if self._filepath.exists():
            shutil.rmtree(self._filepath)
        self._filepath.mkdir(parents=True)
        note.write_text(str(data["skipped"]))

    def preview(self) -> JSONPreview:
        """Show architecture, threshold and card in Kedro-Viz, which logs what is wrong with a damaged file."""
        if (self._filepath / "skipped").exists() or not self._exists():
            return JSONPreview(json.dumps(self.load()))
        return JSONPreview(json.dumps(read_description(self._filepath)))

    def _exists(self) -> bool:
        return (self._filepath / MODEL_FILE).exists() or (self._filepath / "skipped").exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
