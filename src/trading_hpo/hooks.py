"""What happens beside the nodes: parameters get their defaults, logs are made plain, runners are looked at."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.io.data_catalog import SharedMemoryDataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from pydantic import BaseModel

from trading_hpo.escaping import make_logs_plain
from trading_hpo.runner.supported import check_runner
from trading_hpo.tracking_hook import kedro_mlflow_hook


class LogsHook:
    """Lets logs show names as they are, in notebooks too."""

    @hook_impl
    def after_context_created(self) -> None:
        """Look at the handlers that there are now."""
        make_logs_plain()


class ParametersHook:
    """Adds what the configuration leaves to its default, so that a node may take ``params:hpo.seed`` alone.

    Kedro knows the defaults of a group only in pipelines that take it whole. ``params:data_terms`` and
    ``params:study_terms`` are what of all groups decides which data are prepared, and what a study is about.
    """

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog, parameters: dict[str, Any]) -> None:
        """Add every parameter that is not there.

        Raises:
            ConfigurationError: With every problem of the configuration.
        """
        from trading_hpo.parameters import Parameters

        ours = Parameters.of(parameters["parameters"])
        for name, value in _by_name(ours):
            if f"params:{name}" not in parameters:
                catalog[f"params:{name}"] = value
        catalog["params:data_terms"] = ours.data_terms
        catalog["params:study_terms"] = ours.study_terms


class RunnerHook:
    """Refuses runners that cannot run the project, also those that a notebook gives to its session."""

    @hook_impl(tryfirst=True)  # before a run is tracked
    def before_pipeline_run(self, run_params: dict[str, Any], catalog: DataCatalog) -> None:
        """Refuse a parallel runner: the hook is given the runner's description, and a catalog for processes.

        Raises:
            ConfigurationError: With what to do instead.
        """
        found = [name for name in ("ParallelRunner", "ThreadRunner") if name in str(run_params.get("runner"))]
        check_runner(["ParallelRunner"] if isinstance(catalog, SharedMemoryDataCatalog) else found)


class SearchesHook:
    """Remembers which searches of a run have found nothing: others go on, and the command ends with what it says."""

    def __init__(self) -> None:
        self.nothing_found: list[str] = []

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Forget an earlier run."""
        self.nothing_found = []

    @hook_impl
    def after_node_run(self, node: Node, outputs: dict[str, Any]) -> None:
        """Take a search's summary."""
        if node.short_name == "search":
            ours = [found for found in outputs.values() if isinstance(found, dict)]  # a user's node may have the name
            self.nothing_found += [found["nothing_found"] for found in ours if found.get("nothing_found")]


class PlacesHook:
    """Lets every search know which one of a run it is: what a run searches is known to the run alone."""

    def __init__(self) -> None:
        self._n_searches = 0
        self._waiting: list[str] = []  # model types
        self._epoch_seconds: dict[str, float] = {}

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Find the searches: those of the nodes that run, without the model types that are left out."""
        from trading_hpo.parameters import Parameters

        there = [_model_type(node) for node in pipeline.nodes if _is_search(node)]
        wanted = Parameters.of(catalog.load("parameters")).hpo.models_to_optimize if there else ()
        self._waiting, self._epoch_seconds = [name for name in there if name in wanted], {}
        self._n_searches = len(self._waiting)

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Tell a search its place."""
        from trading_hpo.study.place import Place
        from trading_hpo.study.reference import StudyRef

        if not _is_search(node) or _model_type(node) not in self._waiting:
            return None
        self._waiting.remove(_model_type(node))
        place = Place(
            self._n_searches - len(self._waiting), self._n_searches, tuple(self._waiting), self._epoch_seconds
        )
        return {name: replace(ref, place=place) for name, ref in inputs.items() if isinstance(ref, StudyRef)}


def _model_type(node: Node) -> str:
    return (node.namespace or "").rpartition(".")[2]


def _is_search(node: Node) -> bool:
    return node.short_name == "search" and (node.namespace or "").partition(".")[0] == "hpo"


def _by_name(group: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every parameter of a group under its dotted name, and the groups in it."""
    for name in type(group).model_fields:
        value = getattr(group, name)
        yield f"{prefix}{name}", value
        if isinstance(value, BaseModel):
            yield from _by_name(value, f"{prefix}{name}.")


class SessionHooks:
    """Hooks that a session is about to register, and then those of all plugins: kedro-mlflow's is imported before.

    Why not simply at the head of this file: every command imports it, and most need no MLflow. Why not a tuple:
    Kedro's settings go through one as soon as they are read.
    """

    def __init__(self, *hooks: Any) -> None:
        self._hooks = hooks

    def __iter__(self) -> Iterator[Any]:
        kedro_mlflow_hook()
        return iter(self._hooks)
