"""`kedro <arguments>` in this process: what it prints, its exit code, and nothing that outlasts it.

A process of its own imports torch, MLflow and Kedro for seconds, and so does the server that its workers are forked
from. Where a process is what a test is about (signals, secrets in command lines, imports) it starts one.
"""

import logging
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import mlflow
import rich
import torch
from kedro.framework import project as kedro_project
from kedro.framework.cli.cli import main
from mlflow.tracking import fluent
from mlflow.tracking._model_registry import utils as mlflow_registry
from mlflow.tracking._tracking_service import utils as mlflow_tracking

from trading_hpo.tracking.environment import prepare

# By default of the interpreter, which pytest turns into errors.
UNSEEN = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


def environment_of_commands(**extra: str) -> dict[str, str]:
    """The caller's environment without what would redirect a run, wide enough for tables."""
    ours = ("TRADING_HPO_", "MLFLOW_")  # the developer's own server, channels and storage
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**inherited, "COLUMNS": "120", **extra}


@contextmanager
def process_in(project: Path, command: Sequence[str] = ("python",), **environment: str) -> Iterator[None]:
    """Make this process one that was just started in a folder; afterwards it is as it was."""
    with ExitStack() as stack:
        stack.enter_context(_process_as_it_was(project, list(command), environment_of_commands(**environment)))
        stack.enter_context(_libraries_as_they_were())
        prepare()
        yield


def kedro_here(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Kedro in a project's folder, in this process."""
    command = ["kedro", *arguments]
    with ExitStack() as stack:
        stack.enter_context(process_in(project, command, **environment))
        printed = stack.enter_context(_printed())
        # What they set up once in a process, when they are imported.
        kedro_project.LOGGING = kedro_project._ProjectLogging()
        rich._console = None
        code = _exit_code(main)
    return subprocess.CompletedProcess(command, code, *printed)


def _exit_code(command: Callable[[], None]) -> int:
    """What the interpreter makes of how a program ends."""
    try:
        command()
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _process_as_it_was(project: Path, command: list[str], environment: dict[str, str]) -> Iterator[None]:
    folder, path, arguments, kept = Path.cwd(), sys.path[:], sys.argv[:], os.environ.copy()
    hooks, threads = (sys.excepthook, sys.displayhook), torch.get_num_threads()
    os.chdir(project)
    sys.argv[:] = command
    _replace(environment)
    try:
        # Filters, and that a log has taken warnings over, end with the block.
        with warnings.catch_warnings():
            warnings.resetwarnings()
            for category in UNSEEN:
                warnings.simplefilter("ignore", category)
            yield
    finally:
        os.chdir(folder)
        sys.path[:], sys.argv[:] = path, arguments
        sys.excepthook, sys.displayhook = hooks
        torch.set_num_threads(threads)
        _replace(kept)


def _replace(environment: dict[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)


@contextmanager
def _libraries_as_they_were() -> Iterator[None]:
    known = (
        (mlflow_tracking, "_tracking_uri"),
        (mlflow_registry, "_registry_uri"),
        (fluent, "_active_experiment_id"),
        (kedro_project, "LOGGING"),
        (logging, "_warnings_showwarning"),
        (rich, "_console"),
    )
    kept = [(module, name, getattr(module, name)) for module, name in known]
    root = logging.getLogger()
    loggers = {logger: (logger.level, logger.handlers[:], logger.propagate) for logger in (root, *_loggers())}
    try:
        yield
    finally:
        while mlflow.active_run() is not None:  # as MLflow itself does when a process ends
            mlflow.end_run()
        mlflow_tracking._artifact_repos_cache.clear()  # of runs whose folder may have been copied elsewhere
        for module, name, value in kept:
            setattr(module, name, value)
        for logger in (root, *_loggers()):
            level, logger.handlers[:], logger.propagate = loggers.get(logger, (logging.NOTSET, logger.handlers, True))
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    return [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]


@contextmanager
def _printed() -> Iterator[list[str]]:
    """What is printed, by C and by other processes too; nobody answers a question."""
    printed: list[str] = []
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8")) for _ in range(2)]
        nothing = stack.enter_context(Path(os.devnull).open())
        kept = [os.dup(number) for number in (1, 2)]
        streams = (sys.stdin, sys.stdout, sys.stderr)
        sys.stdin, (sys.stdout, sys.stderr) = nothing, files
        for number, file in zip((1, 2), files, strict=True):
            os.dup2(file.fileno(), number)
        try:
            yield printed
        finally:
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)
            sys.stdin, sys.stdout, sys.stderr = streams
            for file in files:
                file.seek(0)
                printed.append(file.read())
