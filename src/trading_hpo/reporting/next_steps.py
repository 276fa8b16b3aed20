"""What to type after a run: other runs that its own parameters allow, and pages for a browser."""

import json
from collections.abc import Mapping
from copy import deepcopy
from functools import reduce
from operator import getitem
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


def other_runs(parameters: Parameters) -> list[Step]:
    """Return the runs that are worth a try after one with these parameters; one that would be refused is left out.

    Args:
        parameters: Of the run.

    Returns:
        What a run shows and its command, without the parameters that it shares with the run before.
    """
    steps = []
    if parameters.labels.kind != LEARNABLE:
        steps.append(("the task with something to learn", {"labels.kind": LEARNABLE}, _OF_ITS_TASK))
    if parameters.source in PACKAGED:
        other = next(name for name in PACKAGED if name != parameters.source)
        steps.append(("other data; your own: see README", {"source": other}, _OF_ITS_DATA))
    plain = parameters.model_dump(mode="json")
    found = [(said, {**change, **_reset(plain, its_own)}) for said, change, its_own in steps]
    return [(said, f"kedro run --params {_typed(changes)}") for said, changes in found if _is_accepted(plain, changes)]


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


def _reset(plain: Mapping[str, Any], its_own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that are otherwise than a run on other data or of another task can have them."""
    return {name: value for name, value in its_own.items() if reduce(getitem, name.split("."), plain) != value}


def _is_accepted(plain: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    changed = deepcopy(dict(plain))
    for name, value in changes.items():
        *groups, last = name.split(".")
        reduce(getitem, groups, changed)[last] = value
    try:
        check_parameters(changed)
    except ConfigurationError:
        return False
    return True


def _typed(changes: Mapping[str, Any]) -> str:
    values = {name: value if isinstance(value, str) else json.dumps(value) for name, value in changes.items()}
    return ",".join(f"{name}={value}" for name, value in values.items())
