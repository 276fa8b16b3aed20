"""Several runs in one process, as notebooks and schedulers have them, beside a user's own run of MLflow."""

import os
import shutil

import mlflow
import pytest
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline, node
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner
from mlflow import MlflowClient
from mlflow.tracking import fluent
from tests.makers.commands import process_in

from trading_hpo import pipeline_registry
from trading_hpo.errors import ConfigurationError, MissingInputError
from trading_hpo.pipeline_registry import register_pipelines
from trading_hpo.tracking import process_state

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:register_new_resolver"),
    pytest.mark.filterwarnings("ignore::UserWarning:mlflow"),
]


def observe():
    """Log a metric, and say which run is the active one meanwhile."""
    mlflow.log_metric("of_a_users_node", 1.0)
    return mlflow.active_run().info.run_id


def leave_open():
    return mlflow.start_run(nested=True).info.run_id


def stop():
    raise KeyboardInterrupt


def fail():
    raise ZeroDivisionError


@pytest.fixture
def run(project, empty_store, monkeypatch):
    """A process with the project; runs a node of the user's own, and returns what its function does."""

    chosen = []  # Kedro makes pipelines once in a process

    def call():
        return chosen[-1]()

    own = Pipeline([node(call, None, "returned", name="own")])
    monkeypatch.setattr(pipeline_registry, "register_pipelines", lambda ours=register_pipelines: {**ours(), "own": own})

    def run(function=observe, runner=None):
        chosen.append(function)
        with KedroSession.create(project_path=project, env="test") as session:
            outputs = session.run(pipeline_names=["own"], runner=runner or SequentialRunner())
        return outputs["returned"].load()

    (project / "data/test").mkdir(parents=True)
    shutil.copy(empty_store, project / "data/test/mlflow.db")
    with process_in(project):
        bootstrap_project(project)
        yield run


@pytest.fixture
def tracked(project):
    """Status and metrics of the project's own runs by their ids, the first one first."""

    def tracked():
        client = MlflowClient(f"sqlite:///{project / 'data/test/mlflow.db'}")
        experiments = [one.experiment_id for one in client.search_experiments()]
        runs = client.search_runs(experiments, order_by=["attributes.start_time ASC"])
        return {run.info.run_id: (run.info.status, run.data.metrics) for run in runs}

    return tracked


@pytest.fixture
def own(run, store):
    """A run of the user's own, in a store of the user's own."""
    mlflow.set_tracking_uri(f"sqlite:///{store}")
    mlflow.set_experiment("own")
    with mlflow.start_run() as own:
        mlflow.log_metric("mine", 1.0)
        yield own.info.run_id


def state():
    """All that MLflow knows in this process."""
    kept = [getattr(module, name) for module, name in process_state._GLOBALS]
    active = [run.info.run_id for run in fluent._active_run_stack.get()]
    return kept, active, {name: value for name, value in os.environ.items() if name.startswith("MLFLOW_")}


def test_one_after_another_each_is_a_run_of_its_own_and_leaves_nothing(run, tracked):
    before = state()
    first = run()
    assert state() == before
    second = run()
    assert state() == before
    assert first != second
    assert tracked() == dict.fromkeys((first, second), ("FINISHED", {"of_a_users_node": 1.0}))


def test_inside_a_users_own_run_ours_is_another_one_and_theirs_is_untouched(run, tracked, own):
    before = state()
    ours = run()
    assert state() == before
    assert list(tracked()) == [ours]
    assert tracked()[ours][0] == "FINISHED"
    mine = mlflow.get_run(own)
    assert (mine.info.status, mine.data.metrics, mine.data.params) == ("RUNNING", {"mine": 1.0}, {})
    assert "kedro_command" not in mine.data.tags


def test_a_run_that_fails_gives_the_users_own_back(run, tracked, own):
    before = state()
    with pytest.raises(ZeroDivisionError):
        run(fail)
    assert state() == before
    assert [status for status, _ in tracked().values()] == ["FAILED"]


def test_one_that_is_refused_before_it_has_results_leaves_nothing(run, project, tracked, own):
    before = state()
    with pytest.raises(MissingInputError), KedroSession.create(project_path=project, env="test") as session:
        session.run(pipeline_names=["retraining"])
    assert state() == before
    assert tracked() == {}


def test_a_run_that_a_node_has_left_open_is_ended(run, tracked):
    before = state()
    left_open = run(leave_open)
    assert state() == before
    assert {status for status, _ in tracked().values()} == {"FINISHED"}
    assert left_open in tracked()


def test_one_that_was_stopped_is_ended_by_the_next(run, tracked, own):
    before = state()
    with pytest.raises(KeyboardInterrupt):
        run(stop)
    second = run()
    assert state() == before
    assert [status for status, _ in tracked().values()] == ["KILLED", "FINISHED"]
    assert list(tracked())[1] == second


def test_a_run_whose_end_the_store_does_not_take_gives_all_back(own, tmp_path, monkeypatch):
    def broken():
        raise OSError("database or disk is full")

    def block():
        with process_state.own_state():
            mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'ours.db'}")
            os.environ["MLFLOW_OF_MINE"] = "ours"
            fluent._active_run_stack.get().append("a run of ours")
            monkeypatch.setattr(mlflow, "end_run", broken)

    monkeypatch.setenv("MLFLOW_OF_MINE", "mine")
    before = state()
    with pytest.raises(OSError, match="disk is full"):
        block()
    assert state() == before
    monkeypatch.undo()


def test_a_context_alone_changes_nothing(run, project, own):
    before, files = state(), sorted(project.rglob("*"))
    with KedroSession.create(project_path=project, env="test") as session:
        assert session.load_context().mlflow.tracking.experiment.name.startswith("test-")
        server = session.load_context().mlflow.server
        assert server.mlflow_tracking_uri == f"sqlite:///{project / 'data/test/mlflow.db'}"
    assert state() == before
    assert sorted(project.rglob("*")) == files


@pytest.mark.parametrize("runner", [ParallelRunner, ThreadRunner])
def test_a_parallel_runner_is_refused_before_anything_is_tracked(run, tracked, runner):
    before = state()
    with pytest.raises(ConfigurationError, match=rf"{runner.__name__}.*hpo\.workers"):
        run(runner=runner())
    assert state() == before
    assert tracked() == {}


@pytest.mark.long(part="notebooks")
def test_a_cell_that_was_stopped_ends_its_run_at_once(run, tracked, own):
    from IPython.testing.globalipapp import start_ipython

    start_ipython()
    from IPython import get_ipython

    shell, before = get_ipython(), state()
    shell.user_ns.update(run=run, stop=stop)
    stopped = shell.run_cell("run(stop)")
    assert isinstance(stopped.error_in_exec, KeyboardInterrupt)
    assert state() == before
    assert [status for status, _ in tracked().values()] == ["KILLED"]
    assert shell.run_cell("run()").success
    assert [status for status, _ in tracked().values()] == ["KILLED", "FINISHED"]
    assert not [one for one in shell.events.callbacks["post_run_cell"] if one.__module__.startswith("trading_hpo")]
