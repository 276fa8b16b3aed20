"""Raw bars of the chosen source."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped] # ships no types
from kedro.io import AbstractDataset, DatasetError
from pydantic import ValidationError

from trading_hpo.configuration import problems_of
from trading_hpo.datasets.previews import TablePreview
from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.market.sources.read import read_source, source_files, source_fingerprint


class BarsDataset(AbstractDataset[NoReturn, pd.DataFrame]):
    """Reads the bars of a source; writes none.

    Args:
        source: Name of the source.
        settings: The group ``sources`` of the configuration.
        overrides: What the command line says about it.
    """

    def __init__(
        self,
        *,
        source: str,
        settings: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.source, self.metadata = source, metadata
        try:
            self._sources = SourcesConfig(**_merged(settings or {}, overrides or {}))
        except ValidationError as error:
            raise ConfigurationError(problems_of(error, SourcesConfig, "sources")) from error

    def load(self) -> pd.DataFrame:
        """Return the bars as they are in the source."""
        return read_source(self.source, self._sources)

    def save(self, data: NoReturn) -> None:  # noqa: ARG002 - the base class names it
        """Refuse: the source is not ours."""
        raise DatasetError("raw bars are read-only")

    def fingerprint(self) -> str:
        """Return a digest of the source's files."""
        return source_fingerprint(self.source, self._sources)

    def preview(self, nrows: int = 5) -> TablePreview:
        """Show the first bars in Kedro-Viz; a user's own as they stand in the first file, which is not read whole."""
        try:
            first = self._first_rows(nrows)
        except DataError as error:
            first = pd.DataFrame({"problem": error.problems})
        return TablePreview(first.astype(str).to_dict(orient="split"))

    def _first_rows(self, n: int) -> pd.DataFrame:
        if self.source in PACKAGED:
            return read_source(self.source, self._sources).head(n)
        path = source_files(self.source, self._sources)[0]
        try:
            return _head_of_parquet(path, n) if self.source == "parquet" else self._head_of_csv(path, n)
        except (ValueError, OSError, EOFError) as error:
            raise DataError([f"{path} cannot be read as {self.source}: {str(error).splitlines()[0]}."]) from error

    def _head_of_csv(self, path: Path, n: int) -> pd.DataFrame:
        csv = self._sources.csv
        return pd.read_csv(path, skiprows=csv.skip_rows, sep=csv.separator, encoding=csv.encoding, nrows=n)

    def _exists(self) -> bool:
        return bool(source_files(self.source, self._sources))

    def _describe(self) -> dict[str, Any]:
        return {"source": self.source}


def _head_of_parquet(path: Path, n: int) -> pd.DataFrame:
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(batch_size=n)
        return next((batch.to_pandas() for batch in batches), pd.DataFrame())


def _merged(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(settings)
    for key, value in overrides.items():
        inner = both.get(key)
        both[key] = _merged(inner, value) if isinstance(value, Mapping) and isinstance(inner, Mapping) else value
    return both
