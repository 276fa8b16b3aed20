"""Tables as Parquet files that Kedro-Viz can show."""

from typing import Any

import pandas as pd
import pyarrow.parquet as pq  # type: ignore[import-untyped] # ships no types
from kedro_datasets.pandas import ParquetDataset

from trading_hpo.datasets.previews import TablePreview


class ParquetTableDataset(ParquetDataset):
    """A Parquet file whose table may lack values.

    Of a preview with a time that is not known (the label's end of a first bar, the end of a trial that runs) Kedro-Viz
    can make no JSON, and it then makes no pages at all.
    """

    def preview(self, nrows: int = 5) -> TablePreview:
        """Show the first rows, as text; nothing where a value is missing."""
        with pq.ParquetFile(self._get_load_path()) as file:
            batch = next(file.iter_batches(batch_size=nrows), None)
        rows = file.schema_arrow.empty_table() if batch is None else batch
        return TablePreview(rows.to_pandas().map(_shown).to_dict(orient="split"))


def _shown(value: Any) -> str:
    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)
