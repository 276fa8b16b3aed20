"""A study in a file that other programs read."""

import json
from itertools import chain
from pathlib import Path

import optuna
import pyarrow.parquet as pq  # type: ignore[import-untyped] # ships no types
import yaml

from trading_hpo.errors import ConfigurationError, StorageError
from trading_hpo.escaping import csv_table, one_line
from trading_hpo.study.results import model_results, trials_table
from trading_hpo.study.returns_table import returns_tables
from trading_hpo.whole_files import written_whole

ENDINGS = (".yml", ".yaml", ".json", ".csv", ".parquet")


def export_returns(study: optuna.Study, path: Path) -> None:
    """Write the return series of all trials that have one (``returns_tables``).

    Raises:
        ConfigurationError: The file's name does not end in .parquet.
        StorageError: The study has none.
    """
    if path.suffix != ".parquet":
        raise ConfigurationError([f"--to must end in .parquet with --returns, got {path.name!r}."])
    tables = returns_tables(study)
    first = next(tables, None)
    if first is None:
        raise StorageError(
            f"Study {one_line(study.study_name)} has no return series: no trial has ended with a value since the "
            "project keeps them. Search on, then export."
        )
    with written_whole(path) as draft, pq.ParquetWriter(draft, first.schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table)


def export_study(study: optuna.Study, model_type: str, storage: str, path: Path, top: int) -> None:
    """Write the best configurations, or all trials, by the ending of the file's name.

    Raises:
        ConfigurationError: The ending is not one of ``ENDINGS``.
    """
    if path.suffix not in ENDINGS:
        raise ConfigurationError([f"--to must end in {', '.join(ENDINGS)}, got {path.name!r}."])
    with written_whole(path) as draft:
        if path.suffix == ".csv":
            csv_table(trials_table(study)).to_csv(draft, index=False)
        elif path.suffix == ".parquet":
            trials_table(study).to_parquet(draft)
        else:
            results = model_results(study, model_type, storage, top)
            text = json.dumps(results, indent=2, allow_nan=False)
            if path.suffix != ".json":
                # Through JSON: plain numbers and text only, in the order of the results.
                text = yaml.safe_dump(json.loads(text), sort_keys=False, allow_unicode=True)
            draft.write_text(text)
