"""Adapters between the catalog and the analysis."""

from typing import Any

from trading_hpo.analysis.importance import parameter_importance
from trading_hpo.search.run import open_study
from trading_hpo.search.storage import StudyStorage


def importance(pointer: dict[str, Any], storage: StudyStorage) -> dict[str, Any]:
    """Return the importance of every parameter of a study."""
    if "skipped" in pointer:
        return pointer
    return parameter_importance(open_study(storage, pointer["study_name"]))
