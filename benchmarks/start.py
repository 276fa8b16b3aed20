"""How soon commands answer that have nothing to train, against the imports that they cannot avoid.

Processor time of a process, user and system: other programs lengthen it less than the wall's. In front of the ratio
is the command, behind it an interpreter that imports and does nothing else; both are measured in turn.

- ``study_list`` and ``unknown_study`` need Kedro's command line, the hooks that plugins put around commands, and Optuna
  with its database: SQLAlchemy, and Alembic, which checks the version of the tables. Kedro's executable imports the
  first two before anything of ours can run.
- ``unknown_pipeline`` is refused before Optuna is needed; its limit is the imports of ``kedro, optuna, sqlalchemy``.
- ``nothing_to_do`` is a run of one model type through all stages in which nothing has changed. It needs a session with
  the hooks of all plugins, MLflow and Optuna with their databases, since a run is tracked and a study is asked what is
  left to do; IPython and GitPython, which MLflow asks where a run begins; and what the datasets and the types of nodes
  are made of: pandas, pandera, Plotly. 1.3 is wanted; it is a finding without a limit until that is reached.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Row, quiet

REPEATS = 5
BARE = "import kedro, optuna, sqlalchemy"
COMMAND_LINE = """
from kedro.framework.cli.cli import KedroCLI
from kedro.framework.cli.hooks import get_cli_hook_manager
get_cli_hook_manager()
"""
STUDIES = "import alembic.command, optuna.storages._rdb.models, sqlalchemy"
SESSION = """
from importlib.metadata import entry_points
import kedro.framework.cli.project
[one.load() for one in entry_points(group="kedro.hooks")]
import git, IPython, mlflow.store.tracking.sqlalchemy_store
import kedro_datasets.pandas, pandas, pandera.pandas, plotly.graph_objects
from kedro_datasets.plotly import JSONDataset
"""
FINISHED = ("run", "--env", "test", "--namespaces", "mlp", "--params", "source=us_tech_ohlcv,hpo.n_trials=1")
CASES: dict[str, tuple[Sequence[str], str, float | None]] = {
    "study_list": (("study", "list"), f"{COMMAND_LINE}{STUDIES}", 1.5),
    "unknown_study": (("study", "show", "nosuch"), f"{COMMAND_LINE}{STUDIES}", 1.5),
    "unknown_pipeline": (("run", "--pipeline", "hpoo"), BARE, 1.5),
    "nothing_to_do": (FINISHED, f"{COMMAND_LINE}{STUDIES}{SESSION}", None),
}


def rows(project: Path) -> Iterator[Row]:
    """Measure each command."""
    _kedro(project, FINISHED)
    for name, (arguments, imports, limit) in CASES.items():
        ratios, bare, busy = [], [], []
        for _ in range(REPEATS):
            busy.append(quiet())
            seconds = _kedro(project, arguments)
            ratios.append(seconds / _processor_s([sys.executable, "-c", imports], project))
            bare.append(seconds / _processor_s([sys.executable, "-c", BARE], project))
        shown = f"kedro {' '.join(arguments)}"
        yield Row(f"start.{name}", f"{shown} / imports that it needs", ratios, "x", limit, other_cores=busy)
        yield Row(
            f"start.{name}.bare", f"{shown} / import kedro, optuna, sqlalchemy", bare, "x", None, other_cores=busy
        )


def _kedro(project: Path, arguments: Sequence[str]) -> float:
    return _processor_s([sys.executable, "-m", "kedro", *arguments], project)


def _processor_s(command: Sequence[str], folder: Path) -> float:
    """Run a command and return the processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
