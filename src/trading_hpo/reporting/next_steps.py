"""What to type after a run: other runs that its own parameters allow, and pages for a browser."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from trading_hpo.errors import ConfigurationError
from trading_hpo.escaping import shell_argument
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.parameters import Parameters, check_parameters

Step = tuple[str, str]  # what it is for, and the command

LEARNABLE = "volatility"
_BASE_STUDIES = Path("data/base/sp500_20/06_models/studies.db")  # what the Makefile shows
# What belongs to the data or to the task of a run, or to studies on them, and must not go into a run on others.
_OF_ITS_STUDIES: Mapping[str, Any] = {"hpo.study_name": None, "hpo.warm_start": [], "hpo.reoptimise": False}
_OF_ITS_TASK: Mapping[str, Any] = {"training.loss": "auto", **_OF_ITS_STUDIES}
_OF_ITS_DATA: Mapping[str, Any] = {"assets": "all", "features.names": None, "holdout.start": None, **_OF_ITS_STUDIES}


def other_runs(raw: Mapping[str, Any]) -> list[Step]:
    """Return the runs that are worth a try after one with these parameters; one that would be refused is left out.

    Args:
        raw: All parameters of the run, checked.

    Returns:
        What a run shows and its command, without the parameters that it shares with the run before.
    """
    ours = Parameters.of(raw)
    steps = []
    if ours.labels.kind != LEARNABLE:
        steps.append(("the task with something to learn", {"labels.kind": LEARNABLE}, _OF_ITS_TASK))
    if ours.source in PACKAGED:
        other = next(name for name in PACKAGED if name != ours.source)
        steps.append(("other data; your own: see README", {"source": other}, _OF_ITS_DATA))
    found = [(said, {**change, **_reset(raw, its_own)}) for said, change, its_own in steps]
    return [(said, f"kedro run --params {_typed(changes)}") for said, changes in found if _is_accepted(raw, changes)]


def pages(project: Path, storage: str | None) -> list[Step]:
    """Return the pages that show a run and its like, as far as the project has what shows them.

    Args:
        project: The folder of the project.
        storage: URL of the studies, without a password; none of a run without any.
    """
    if not (project / "Makefile").exists():
        return []
    steps = [("every trial", f"make dashboard{_studies(project, storage)}")]
    if (project / "data/mlflow.db").exists():
        steps.append(("the tracked runs", "make mlflow"))
    return [*steps, ("the pipelines and their data", "make viz")]


def _studies(project: Path, storage: str | None) -> str:
    """Return the argument that names studies in a file; others are in the environment of who types the command."""
    prefix = "sqlite:///"
    if storage is None or not storage.startswith(prefix):
        return ""
    path = Path(storage.removeprefix(prefix))
    shown = path.relative_to(project) if path.is_relative_to(project) else path
    return "" if shown == _BASE_STUDIES else f" STUDIES={shell_argument(f'{prefix}{shown.as_posix()}')}"


def _reset(raw: Mapping[str, Any], its_own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are otherwise than a run on other data or of another task can have them."""
    return {name: value for name, value in its_own.items() if _value(raw, name) not in (None, value)}


def _value(raw: Mapping[str, Any], name: str) -> Any:
    for part in name.split("."):
        raw = raw.get(part) if isinstance(raw, Mapping) else None  # type: ignore[assignment]
    return raw


def _is_accepted(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    changed = deepcopy(dict(raw))
    for name, value in changes.items():
        *groups, last = name.split(".")
        inner = changed
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    try:
        check_parameters(changed)
    except ConfigurationError:
        return False
    return True


def _typed(changes: Mapping[str, Any]) -> str:
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in changes.items()}
    return ",".join(f"{name}={value}" for name, value in values.items())
