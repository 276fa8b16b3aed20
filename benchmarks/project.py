"""A project of its own in a temporary folder: the real configuration, no data yet, run through Kedro.

Rows that concern a search go through Kedro's session, not through the search's own functions, so that they
measure what a user gets, whatever the functions in between are called.
"""

import logging
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.diary import Entry, first_asked, keep_diary, read_diary
from benchmarks.measure import fresh

if TYPE_CHECKING:
    from trading_hpo.parameters import Parameters
    from trading_hpo.splits.folds import Split
    from trading_hpo.types import Panel

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Stage:
    """One model type's part of the hpo pipeline, as it went.

    Attributes:
        began: When its first node was to be run, on the machine's monotonic clock.
        asked: When the first worker was asked for.
        ended: When its last output was saved.
        entries: What the workers did meanwhile.
        study_name: Of the study that was searched, in full.
    """

    began: float
    asked: float
    ended: float
    entries: list[Entry]
    study_name: str = ""


@contextmanager
def new_project() -> Iterator[Path]:
    """Make a project without data; it is removed afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "project"
        (folder / "src").mkdir(parents=True)
        shutil.copytree(ROOT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
        (folder / "conf/local").mkdir()
        for file in ("pyproject.toml", ".telemetry"):
            shutil.copy(ROOT / file, folder / file)
        yield folder


@contextmanager
def prepared_project(settings: Mapping[str, Any] | None = None) -> Iterator[Path]:
    """Make a project whose data engineering is done; it is removed afterwards.

    Args:
        settings: Parameters, as after ``kedro run --params``; nested.
    """
    with new_project() as folder:
        fresh(_run, folder, "data_engineering", None, dict(settings or {}))
        yield folder


def search(project: Path, model_type: str, settings: Mapping[str, Any], with_memory: bool = False) -> Stage:
    """Run one model type's nodes of the hpo pipeline in a fresh process, on a study of its own.

    Args:
        project: Of ``prepared_project``.
        model_type: Whose nodes.
        settings: Parameters, as after ``kedro run --params``; nested.
        with_memory: Whether the workers note their memory.
    """
    diary = Path(tempfile.mkdtemp(dir=project))
    named = {**settings, "hpo": {**settings.get("hpo", {}), "study_name": diary.name}}
    began, ended = fresh(_search, project, model_type, named, diary, with_memory)
    return Stage(began, first_asked(diary), ended, read_diary(diary), f"{diary.name}.{model_type}")


@dataclass(frozen=True)
class Inputs:
    """What a trial is given, for rows that need no search."""

    panel: "Panel"
    split: "Split"
    parameters: "Parameters"
    longest_window: int


def parameters_of(project: Path) -> "Parameters":
    """Read the base parameters."""
    warnings.simplefilter("ignore")
    from kedro.config import OmegaConfigLoader

    from trading_hpo.parameters import check_parameters

    loader = OmegaConfigLoader(str(project / "conf"), base_env="base", default_run_env="local")
    return check_parameters(loader["parameters"])


def inputs_of(project: Path) -> Inputs:
    """Read what data engineering has left and the base parameters."""
    import pandas as pd

    from trading_hpo.market.panel import open_panel
    from trading_hpo.splits.folds import split_from_table
    from trading_hpo.study.config import common_window
    from trading_hpo.tasks.registry import task_of

    parameters = parameters_of(project)
    panel = open_panel(next(project.rglob("panel.safetensors")))
    split = split_from_table(pd.read_csv(next(project.rglob("folds.csv"))))
    target_kind = task_of(panel.label).target_kind
    window = common_window(
        target_kind, parameters.search_spaces, parameters.training, parameters.hpo.custom_search_spaces
    )
    return Inputs(panel, split, parameters, window)


def _search(
    project: Path, model_type: str, settings: dict[str, Any], diary: Path, with_memory: bool
) -> tuple[float, float]:
    keep_diary(diary, with_memory)
    return _run(project, "hpo", model_type, settings)


def _run(project: Path, pipeline: str, namespace: str | None, settings: dict[str, Any]) -> tuple[float, float]:
    """Run through Kedro and return when its runner began and ended; what the session does before is left out."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from trading_hpo.runner.reusing import ReusingRunner

    class TimedRunner(ReusingRunner):
        began = ended = 0.0

        def _run(self, *arguments: Any, **options: Any) -> None:
            self.began = time.monotonic()
            super()._run(*arguments, **options)
            self.ended = time.monotonic()

    bootstrap_project(project)
    runner = TimedRunner()
    with KedroSession.create(project_path=project, runtime_params=settings) as session:
        run: Any = session.run  # the session's own arguments are not its base class's
        run(pipeline_names=[pipeline], runner=runner, namespaces=[f"{pipeline}.{namespace}"] if namespace else None)
    return runner.began, runner.ended
