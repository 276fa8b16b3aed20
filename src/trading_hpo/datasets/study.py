"""The study of one model type."""

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from trading_hpo.datasets.previews import JSONPreview
from trading_hpo.datasets.results import read_json, write_json
from trading_hpo.datasets.study_storage import StudyStorageDataset
from trading_hpo.errors import StaleInputError
from trading_hpo.study.reference import NOT_SEARCHED, StudyRef


class StudyDataset(AbstractDataset[StudyRef, StudyRef]):
    """Saves a pointer to a study; loads a reference that opens it, also while it is searched.

    Args:
        filepath: Of the pointer.
        storage: ``{filepath: ...}`` of the SQLite file, unless the credentials give a URL. Under that name Kedro
            takes a relative path from the project's folder, wherever the command was typed.
        credentials: As of ``StudyStorageDataset``.
    """

    def __init__(
        self,
        *,
        filepath: str,
        storage: dict[str, str],
        credentials: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath, self.metadata = Path(filepath), metadata
        self._storage = StudyStorageDataset(filepath=storage["filepath"], credentials=credentials)

    def load(self) -> StudyRef:
        """Read the pointer; a model type that was not searched is no error.

        Raises:
            StaleInputError: The file is no pointer.
        """
        if not self._filepath.exists():
            return StudyRef("", self._storage.load(), skipped=NOT_SEARCHED)
        pointer = read_json(self._filepath)
        if not isinstance(pointer.get("study_name"), str):
            raise StaleInputError(
                f"{self._filepath} is damaged: it must name a study. Run `kedro run --pipeline hpo`: it is made anew."
            )
        phases, grown_from = (tuple(pointer.get(name, ())) for name in ("phases", "grown_from"))
        whose = (pointer["study_name"], self._storage.load(), pointer.get("skipped"))
        return StudyRef(*whose, phases, grown_from, pointer.get("terms", {}), pointer.get("accepted", ""))

    def save(self, data: StudyRef) -> None:
        """Write the pointer."""
        write_json(data.described(), self._filepath)

    def fingerprint(self) -> str:
        """Return what changes when the study does, though the pointer stays."""
        ref = self.load()
        return f"{json.dumps(ref.described())} {ref.state()}"

    def preview(self) -> JSONPreview:
        """Show the pointer in Kedro-Viz."""
        return JSONPreview(json.dumps(self.load().described()))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), **self._storage._describe()}
