"""Where a dataset's data lie."""

from pathlib import Path
from typing import Any


def file_of(dataset: Any) -> Path | None:
    """Return the file or folder of a dataset; none for one that has none.

    Kedro has no public name for it. ``_filepath`` is what its own versioned datasets, and so those of kedro-datasets
    and what kedro-mlflow wraps, keep it in; datasets of ours do likewise.
    """
    path = getattr(dataset, "_filepath", None)
    return None if path is None else Path(str(path))
