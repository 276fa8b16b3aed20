"""Raw bars of the chosen source."""

from collections.abc import Mapping
from typing import Any, NoReturn

import pandas as pd
from kedro.io import AbstractDataset, DatasetError
from pydantic import ValidationError

from trading_hpo.configuration import problems_of
from trading_hpo.errors import ConfigurationError
from trading_hpo.market.sources import SourcesConfig, read_source, source_files, source_fingerprint


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

    def _exists(self) -> bool:
        return bool(source_files(self.source, self._sources))

    def _describe(self) -> dict[str, Any]:
        return {"source": self.source}


def _merged(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(settings)
    for key, value in overrides.items():
        inner = both.get(key)
        both[key] = _merged(inner, value) if isinstance(value, Mapping) and isinstance(inner, Mapping) else value
    return both
