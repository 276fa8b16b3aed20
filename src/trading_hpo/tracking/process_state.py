"""MLflow's state in this process: what a run of ours changes there is as it was before when the run is over."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import mlflow
from mlflow.tracking import fluent
from mlflow.tracking._model_registry import utils as registry
from mlflow.tracking._tracking_service import utils as tracking

# Kept in variables of these modules; the public functions cannot say that one was never set.
_GLOBALS = ((tracking, "_tracking_uri"), (registry, "_registry_uri"), (fluent, "_active_experiment_id"))
_RUN_ID = "MLFLOW_RUN_ID"  # of the user's own run, which MLflow would go on with


@contextmanager
def own_state() -> Iterator[None]:
    """Give a block no active run, and put everything back: a user's active runs, URIs, experiment, environment.

    Runs that the block has left open in this thread are ended.
    """
    active: list[Any] = fluent._active_run_stack.get()  # type: ignore[no-untyped-call] # of this thread
    runs, values = active[:], [getattr(module, name) for module, name in _GLOBALS]
    environment = _of_mlflow()
    active.clear()
    os.environ.pop(_RUN_ID, None)
    try:
        yield
    finally:
        try:
            while active:
                mlflow.end_run()
        finally:  # also where the store takes no end
            active[:] = runs
            for (module, name), value in zip(_GLOBALS, values, strict=True):
                setattr(module, name, value)
            for name in _of_mlflow().keys() - environment.keys():
                del os.environ[name]
            os.environ.update(environment)


def _of_mlflow() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}


def after_this_cell(end: Callable[[], None]) -> Callable[[], None]:
    """Call a function when the notebook's cell that runs now has ended, however; elsewhere than in a cell, never.

    Kedro has no hook for Ctrl-C: without this a run that was stopped in a notebook would stay open.

    Returns:
        Takes the call back.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or threading.current_thread() is not threading.main_thread():
        return lambda: None

    def ended(*_: Any) -> None:
        shell.events.unregister("post_run_cell", ended)
        end()

    def take_back() -> None:
        if ended in shell.events.callbacks["post_run_cell"]:
            shell.events.unregister("post_run_cell", ended)

    shell.events.register("post_run_cell", ended)
    return take_back
