"""The file that is being read, as messages name it: path, line, setting."""

import csv
import gzip
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from trading_hpo.market.sources.config import CsvSource, FileSource


@dataclass(frozen=True)
class Origin:
    """A file and how it is read.

    Args:
        path: Of the file.
        kind: ``csv`` or ``parquet``.
        settings: Of that kind of source.
    """

    path: Path
    kind: str
    settings: FileSource

    def setting(self, name: str) -> str:
        """Return a setting's full name, as ``--params`` and ``globals.yml`` know it."""
        return f"sources.{self.kind}.{name}"

    def line(self, row: int) -> str:
        """Return where a row of the table is in its file, as an editor counts: ``line 3``."""
        if isinstance(self.settings, CsvSource) and self.path.suffix in (".csv", ".txt", ".tsv", ".gz"):
            with suppress(csv.Error, StopIteration):  # a field too long for this reader, lines that it counts otherwise
                return f"line {self._line(self.settings, row)}"
        return f"row {row + 1}"

    def _line(self, settings: CsvSource, row: int) -> int:
        opened = gzip.open if self.path.suffix == ".gz" else open
        with opened(self.path, "rt", encoding=settings.encoding, newline="") as text:
            skipped = sum(1 for _ in islice(text, settings.skip_rows))
            records = csv.reader(text, delimiter=settings.separator)
            # pandas skips blank lines, too; the first record is the header.
            ends = (records.line_num for record in records if len(record) > 1 or "".join(record).strip())
            return skipped + next(islice(ends, row + 1, None))
