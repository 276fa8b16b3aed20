"""Tables as CSV files that a spreadsheet may open."""

from typing import Any

import pandas as pd
from kedro_datasets.pandas import CSVDataset

from trading_hpo.escaping import csv_table


class CSVTableDataset(CSVDataset):
    """A CSV file in which no text is a formula, whatever assets and parameters are called."""

    def save(self, data: pd.DataFrame) -> Any:
        """Write the table."""
        return super().save(csv_table(data))
