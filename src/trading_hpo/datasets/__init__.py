"""Kedro datasets of our own; import one by its name, ``trading_hpo.datasets.PanelDataset``."""

from typing import Any

_HOMES = {
    "AuditsDataset": "audits",
    "BarsDataset": "bars",
    "CSVTableDataset": "csv_table",
    "FigureDataset": "figure",
    "HoldoutDataset": "holdout",
    "KeptPanelsDataset": "kept_panels",
    "NetworkDataset": "network",
    "PageDataset": "page",
    "PanelDataset": "panel",
    "ParquetTableDataset": "parquet_table",
    "ResultsDataset": "results",
    "StudyDataset": "study",
    "StudyStorageDataset": "study_storage",
    "TrialLedgerDataset": "trial_ledger",
}


def __getattr__(name: str) -> Any:
    """Import a dataset's module when it is asked for: each brings libraries of its own."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"trading_hpo.datasets.{_HOMES[name]}"), name)
    raise AttributeError(name)
