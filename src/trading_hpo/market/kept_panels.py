"""Panels that studies were made on, each under the digest of its contents: prepared data may change, these do not."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from trading_hpo.errors import StaleInputError, TradingHpoError
from trading_hpo.escaping import file_name, one_line
from trading_hpo.market.panel import open_panel, panel_digest
from trading_hpo.types import Panel
from trading_hpo.whole_files import written_whole


@dataclass(frozen=True)
class KeptPanels:
    """The panels of a folder.

    Attributes:
        folder: Of the files.
    """

    folder: Path

    @property
    def is_empty(self) -> bool:
        """Whether no study was ever made here."""
        return not any(self.folder.glob("*.safetensors"))

    def path(self, digest: str) -> Path:
        """Return where the panel of a digest is, or would be."""
        return self.folder / f"{file_name(digest)}.safetensors"  # of a study that anybody may have written

    def keep(self, panel: Panel) -> Panel:
        """Keep a panel and return it as mapped from there; one that is kept whole already stays as it is.

        The file shares its blocks with the panel's own while that is not replaced, where the file system can.

        Args:
            panel: Mapped from a file.

        Raises:
            StaleInputError: The file holds another panel by now.
        """
        if panel.path is None:
            raise ValueError("panel must be mapped from a file, to be kept")
        digest = panel_digest(panel)
        kept = self.path(digest)
        if not _holds(kept, digest):
            with written_whole(kept) as draft:
                _link_or_copy(panel.path, draft)
                if not _holds(draft, digest):
                    raise StaleInputError(f"{panel.path} was replaced by another run. Run the same command again.")
        return open_panel(kept)

    def open(self, digest: str, study_name: str) -> Panel:
        """Map the panel that a study was made on.

        Raises:
            StaleInputError: It is not there, or its contents are not those of the digest.
        """
        path, again = self.path(digest), "Run `kedro run --pipeline hpo` with the study's parameters: it is kept again."
        if not path.exists():
            raise StaleInputError(
                f"The data of study {one_line(study_name)} must be in {path}, and are not there. {again}"
            )
        panel = open_panel(path)
        if panel_digest(panel) != digest:
            raise StaleInputError(
                f"{path} is damaged: its contents are not the data that study {one_line(study_name)} was made on. "
                f"Delete it, then: {again}"
            )
        return panel


def _link_or_copy(path: Path, to: Path) -> None:
    to.unlink(missing_ok=True)
    try:
        os.link(path, to)
    except OSError:
        if not path.exists():
            raise
        shutil.copyfile(path, to)  # a file system without links


def _holds(path: Path, digest: str) -> bool:
    try:
        return path.exists() and panel_digest(open_panel(path)) == digest
    except TradingHpoError:  # damaged, or of an earlier version
        return False
