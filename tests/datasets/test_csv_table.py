"""Tables for spreadsheets: written without formulas, by the catalog too."""

from pathlib import Path

import pandas as pd
import yaml
from tests.makers.projects import ROOT

from trading_hpo.datasets import CSVTableDataset


def test_an_asset_is_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    table = pd.DataFrame({"asset": ["=1+1", "AAPL"], "train": [-1, 2]})
    CSVTableDataset(filepath=str(path), save_args={"index": False}).save(table)
    assert path.read_text().splitlines() == ["asset,train", "'=1+1,-1", "AAPL,2"]
    assert CSVTableDataset(filepath=str(path)).load()["train"].tolist() == [-1, 2]


def test_every_csv_of_the_catalog_is_such_a_table() -> None:
    catalog = yaml.safe_load((ROOT / "conf/base/catalog.yml").read_text())
    datasets = [entry.get("dataset", entry) for name, entry in catalog.items() if isinstance(entry, dict)]
    tables = [entry["type"] for entry in datasets if str(entry.get("filepath", "")).endswith(".csv")]
    assert tables == ["trading_hpo.datasets.CSVTableDataset"] * 7
