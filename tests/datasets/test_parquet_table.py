import json

import numpy as np
import pandas as pd
import pytest

from trading_hpo.datasets import ParquetTableDataset

STAMPS = pd.to_datetime(["2020-01-01", None, "2020-01-03"], utc=True)
TABLE = pd.DataFrame({"asset": ["A", "A", "B"], "label_end": STAMPS, "value": [1.5, np.nan, 2.0]})


@pytest.mark.parametrize(("rows", "shown"), [(TABLE, 2), (TABLE[:0], 0)], ids=["three rows", "none"])
def test_a_preview_is_json_whatever_is_missing_and_the_table_is_as_it_was(tmp_path, rows, shown):
    dataset = ParquetTableDataset(filepath=str(tmp_path / "table.parquet"))
    dataset.save(rows)
    pd.testing.assert_frame_equal(dataset.load(), rows)
    preview = json.loads(json.dumps(dataset.preview(nrows=2), allow_nan=False))
    assert preview["columns"] == list(TABLE)
    assert preview["data"] == [["A", "2020-01-01 00:00:00+00:00", "1.5"], ["A", "", ""]][:shown]
