"""What a whole run costs beside its searches, against the imports that it needs: start, data, retraining, report, end.

All model types go through all stages with the budgets of the environment ``test``, in a project without data. Processor
time of the process itself, user and system: the trials are in the workers' and not in it, other programs lengthen it
less than the wall's. Behind the ratio is an interpreter that imports what the run needs; both are measured in turn.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, quiet
from benchmarks.start import COMMAND_LINE, SESSION, STUDIES

REPEATS = 3
LIMIT = 5.5  # 4.7 when this was written
LEARNING = "import mlflow.pyfunc, skops.io, sklearn.ensemble, sklearn.linear_model, torch"
KEDRO = "from kedro.framework.cli import main\ntry:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code"
OWN_TIME = "import time\nprint(time.process_time())"


def rows(project: Path) -> Iterator[Row]:
    """Measure whole runs."""
    imports, ratios, busy = f"{COMMAND_LINE}{STUDIES}{SESSION}{LEARNING}", [], []
    for _ in range(REPEATS):
        busy.append(quiet())
        shutil.rmtree(project / "data/test", ignore_errors=True)
        ratios.append(_own_s(KEDRO, project, "run", "--env", "test") / _own_s(imports, project))
    compares = "kedro run --env test, without its workers / imports that it needs"
    yield Row("run", compares, ratios, "x", LIMIT, other_cores=busy)


def _own_s(code: str, project: Path, *arguments: str) -> float:
    """Return the processor time of a process without its children."""
    command = [sys.executable, "-c", f"{code}\n{OWN_TIME}", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])
