"""Audits of prepared data, by the digest of the data."""

from typing import Any

from trading_hpo.datasets.results import ResultsDataset, read_json, write_json
from trading_hpo.file_lock import locked


class AuditsDataset(ResultsDataset):
    """Keeps the last audit of each panel in one JSON file.

    Args:
        filepath: Where.
    """

    def load(self) -> dict[str, Any]:
        """Return the records by digest, the latest last; none where no data were audited."""
        return read_json(self._filepath) if self._filepath.exists() else {}

    def save(self, data: dict[str, Any]) -> None:
        """Add a record of ``audit.audit``, in place of an earlier one of the same data."""
        with locked(self._filepath.with_name(f"{self._filepath.name}.lock")):
            others = {digest: kept for digest, kept in self.load().items() if digest != data["panel_digest"]}
            write_json({**others, data["panel_digest"]: data}, self._filepath)
