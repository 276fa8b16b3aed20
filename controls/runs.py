"""One small run of the project in a folder of its own, and what it has left there."""

import json
import logging
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from benchmarks.measure import fresh
from benchmarks.project import ROOT, new_project

LEVEL = 0.05  # of a verdict's p-value
BARS_FILE = "bars.csv"

# What a control searches: small, since it is run for many seeds.
SEARCH: Mapping[str, Any] = {"n_trials": 8, "workers": 1}
SMALL: Mapping[str, Any] = {
    "folds": {"n_folds": 2},
    "training": {"epochs": 3, "max_windows_per_epoch": 4096},
}

T = TypeVar("T")


def run(
    pipeline: str,
    outputs: Sequence[str],
    settings: Mapping[str, Any],
    read: Callable[[Path], T],
    bars: str | None = None,
) -> T:
    """Run what some datasets are made of, with neither figures nor tracking, in a fresh process.

    Args:
        pipeline: Such as ``__default__``.
        outputs: The datasets.
        settings: Parameters, as after ``kedro run --params``; nested.
        read: Called with the project's folder when all is made; what it returns is returned.
        bars: Text of a file that the run finds as ``bars.csv``.
    """
    with new_project() as folder:
        if bars is not None:
            (folder / BARS_FILE).write_text(bars)
        off = {"tracking": {"disable_tracking": {"pipelines": [pipeline]}}}
        (folder / "conf/local/mlflow.yml").write_text(yaml.safe_dump(off))
        return fresh(_run, folder, pipeline, list(outputs), dict(settings), read)


def _run(
    project: Path,
    pipeline: str,
    outputs: list[str],
    settings: dict[str, Any],
    read: Callable[[Path], T],
) -> T:
    # The server of the search's workers imports the plug-in too, and knows this folder by the environment alone.
    places = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ.update(TRADING_HPO_PLUGINS="controls.plugin", PYTHONPATH=os.pathsep.join(places))
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from trading_hpo.runner.reusing import ReusingRunner

    os.chdir(project)
    bootstrap_project(project)
    with KedroSession.create(project_path=project, runtime_params=settings) as session:
        whole: Any = session.run  # the session's own arguments are not its base class's
        whole(pipeline_names=[pipeline], runner=ReusingRunner(), to_outputs=outputs)
    return read(project)


def results(project: Path, dataset: str) -> dict[str, Any]:
    """Return the JSON of a dataset."""
    loaded: dict[str, Any] = json.loads(next(project.rglob(f"{dataset}.json")).read_text())
    return loaded


def deflated(statistics: Mapping[str, Any]) -> float | None:
    """Return the deflated Sharpe ratio in what ``selection_statistics`` says of a model type.

    None where its active returns do not vary.
    """
    active = statistics["own"]["active"]
    return active["deflated"]["probability"] if "deflated" in active else None
