"""MLflow follows a run, beside the nodes.

A failure of the tracking is a warning and never ends a run.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from trading_hpo.datasets.files import file_of
from trading_hpo.errors import TradingHpoError
from trading_hpo.escaping import file_name
from trading_hpo.runner.reusing import ALL_OR_NOTHING, ON_REQUEST, STAGES
from trading_hpo.tracking.environment import Places, alone, prepare, server_problem
from trading_hpo.urls import urls_hidden

prepare()  # MLflow reads some of it while it is imported

if TYPE_CHECKING:
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook

    from trading_hpo.parameters import Parameters
    from trading_hpo.tracking.server_sync import ServerSync

logger = logging.getLogger(__name__)

SEND_WITHIN_S = 60.0  # after a run, for what the server has not taken yet


def kedro_mlflow_hook() -> "MlflowHook":
    """Import kedro-mlflow, and MLflow with it, which takes a second or more, without its notices; return its hook.

    While it is imported, kedro-mlflow defines a model without the type hints that MLflow would like; MLflow overrules
    filters, so the notice is caught instead. It also sets the level of its own log.
    """
    log = logging.getLogger("kedro_mlflow")
    level = log.level
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook
    if level != logging.NOTSET:
        log.setLevel(level)
    return MlflowHook()


class TrackingHook:
    """kedro-mlflow's hook on the project's own store; adds trials, networks, readable parameters, and the server.

    A failure is a warning and never ends a run. MLflow's state in the process, such as a run of the user's own, is the
    project's during a run only.

    One object serves every run of a process; what belongs to one run is made anew when its context is.
    """

    def __init__(self) -> None:
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._mlflow: Any = None
        self._works = False  # whether anything more is to be logged in this run
        self._places: Places | None = None
        self._parameters: Parameters | None = None
        self._server_sync: ServerSync | None = None
        self._catalog: DataCatalog | None = None
        self._context: KedroContext | None = None
        self._to_begin: tuple[dict[str, Any], Pipeline, DataCatalog] | None = None  # of a run that is not on record
        self._saved_before: list[str] = []  # what it has saved until then
        self._client: Any = None
        self._experiment_id = ""
        self._open = ExitStack()  # what ends with the run
        self._following = ExitStack()  # what ends with the node
        self.run_id: Any = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Forget what an earlier run of this process has left, and set ``context.mlflow``; nothing is written yet.

        Raises:
            ConfigurationError: With every problem of the parameters.
        """
        from trading_hpo.parameters import Parameters  # what is imported late keeps other commands fast

        self.interrupted()  # a run in this process that Ctrl-C has stopped
        self._begin_anew()
        self._context = context
        self._parameters = Parameters.of(context.params)
        with self._failures_are_warnings():
            self._mlflow = kedro_mlflow_hook()
            self._places = self._configure(context, self._parameters.study_base_name)

    def _configure(self, context: KedroContext, study_base_name: str) -> Places:
        """Point kedro-mlflow's configuration to the project's store and to the experiment of the study's name."""
        from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

        loader: Any = context.config_loader
        config = loader["mlflow"]
        if problem := server_problem(config["server"]["mlflow_tracking_uri"]):
            raise TradingHpoError(problem)
        places = Places.of(context.project_path, config["server"]["mlflow_tracking_uri"])
        experiment = config.setdefault("tracking", {}).setdefault("experiment", {})
        experiment.setdefault("name", study_base_name)
        folder = (places.artifacts / file_name(experiment["name"])).as_uri()
        experiment.setdefault("create_experiment_kwargs", {}).setdefault("artifact_location", folder)
        config["server"]["mlflow_tracking_uri"] = places.store
        config["tracking"].setdefault("disable_tracking", {}).setdefault("disable_autologging", False)
        loader["mlflow"] = config
        # As kedro-mlflow's hook does, for `kedro mlflow ui` and notebooks; the hook makes the store, too.
        setattr(context, "mlflow", KedroMlflowConfig.model_validate(config))  # noqa: B010 - no attribute of its class
        return places

    @hook_impl
    def after_catalog_created(
        self,
        catalog: DataCatalog,
        conf_catalog: dict[str, Any],
        conf_creds: dict[str, Any],
        parameters: dict[str, Any],
        save_version: str,
        load_versions: dict[str, str],
    ) -> None:
        """Let kedro-mlflow name a user's metric datasets."""
        if self._mlflow is not None:
            self._mlflow.after_catalog_created(
                catalog, conf_catalog, conf_creds, parameters, save_version, load_versions
            )

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Note what the run is about: it is on record from its first search, result or node of a user's own on.

        A run that is refused, whatever it has prepared until then and taken back, leaves nothing.
        """
        self._catalog = catalog
        for name in pipeline.datasets():
            catalog.get(name)
        from kedro_mlflow.io.catalog.switch_catalog_logging import switch_catalog_logging

        switch_catalog_logging(catalog, False)  # a dataset's failure to log would end the run
        self._to_begin = (run_params, pipeline, catalog)

    def _begin(self) -> None:
        """Put the run on record, unless it is."""
        if self._to_begin is None:
            return
        (run_params, pipeline, catalog), self._to_begin = self._to_begin, None
        self._find_store()
        self._begin_run(run_params, pipeline, catalog)
        for name in self._saved_before:
            self._log_saved(name)

    def _find_store(self) -> None:
        """Make the project's store and the experiment, if they are not there, and open them."""
        if self._context is None or self._places is None:
            return  # it has been said that tracking is off
        places = self._places
        with self._failures_are_warnings():
            from mlflow import MlflowClient

            from trading_hpo.tracking.process_state import own_state
            from trading_hpo.tracking.relocation import relocate

            with own_state(), alone(places.artifacts):
                relocate(places.file, places.artifacts)
                self._mlflow.after_context_created(self._context)
                self._client = MlflowClient(places.store)
                known = self._client.get_experiment_by_name(self._mlflow.mlflow_config.tracking.experiment.name)
                assert known is not None
                self._experiment_id = known.experiment_id
            self._works = True

    def _begin_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Begin the run, with all parameters."""
        if not self._works:
            return
        with self._failures_are_warnings():
            from trading_hpo.tracking.locks import alive, close_dead_runs
            from trading_hpo.tracking.process_state import after_this_cell, own_state
            from trading_hpo.tracking.run import begin, log_parameters, log_tags
            from trading_hpo.tracking.run_description import description_of
            from trading_hpo.tracking.server_sync import ServerSync

            assert self._places is not None
            assert self._parameters is not None
            close_dead_runs(self._client, self._experiment_id, self._places.artifacts)
            self._open.enter_context(own_state())
            begin(self._places.store, self._experiment_id, self._mlflow.mlflow_config.server.mlflow_registry_uri)
            namespaces = {node.namespace or "" for node in pipeline.nodes}
            name, tags = description_of(self._parameters, run_params, namespaces)
            named = self._mlflow.mlflow_config.tracking.run
            named.name = named.name or name  # a user's own, of mlflow.yml, comes first
            self._mlflow.before_pipeline_run(_in_words(run_params, tags), pipeline, catalog)
            self.run_id = self._mlflow.run_id
            if self.run_id is None:  # switched off for this pipeline in mlflow.yml
                self._works = False
                self._open.close()
                return
            self._open.callback(after_this_cell(self.interrupted))
            self._open.enter_context(alive(self._client, self.run_id, self._places.artifacts))
            log_tags(self._client, self.run_id, tags)
            log_parameters(self._client, self.run_id, self._parameters)
            if self._places.server is not None:
                self._server_sync = ServerSync(self._places)
                self._server_sync.start()

    @hook_impl
    def before_node_run(self, node: Node, catalog: DataCatalog, inputs: dict[str, Any], is_async: bool) -> None:
        """Follow a search, trial by trial; what a node of a user's own logs goes to the run.

        kedro-mlflow logs a node's parameters here: a group in one long line.
        """
        del catalog, is_async
        if node.short_name == "search" or (node.namespace or "").partition(".")[0] not in (*STAGES, *ON_REQUEST):
            self._begin()
        if not self._works:
            return
        with self._failures_are_warnings():
            from trading_hpo.study.reference import StudyRef
            from trading_hpo.tracking.run import enter
            from trading_hpo.tracking.trials import TrialMirror

            assert self._places is not None
            enter(self.run_id)
            ref = next((value for value in inputs.values() if isinstance(value, StudyRef)), None)
            if node.short_name == "search" and ref is not None and ref.skipped is None:
                for study in ref.each():
                    mirror = TrialMirror(self._client, self._experiment_id, self.run_id, study, self._send)
                    self._following.enter_context(mirror.following(self._places.artifacts))

    @hook_impl
    def after_node_run(self, node: Node, catalog: DataCatalog, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        """Log what a node has left: the last trials, a network, the report."""
        del catalog
        with self._failures_are_warnings():
            self._following.close()
        if ALL_OR_NOTHING not in node.tags:
            self._begin()
        if not self._works:
            return
        with self._failures_are_warnings():
            if node.short_name == "retrain":
                self._log_networks(outputs.values(), inputs["kept_panels"])
            if "report" in outputs:
                from trading_hpo.tracking.run import log_report

                log_report(self._client, self.run_id, outputs["report"])

    @hook_impl
    def on_node_error(self, error: Exception) -> None:
        """Log the trials that had ended before a search failed."""
        del error
        with self._failures_are_warnings():
            self._following.close()

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Log the artefact that the catalog declares; of what is still taken back if a study refuses it, later."""
        if self._to_begin is not None:
            self._saved_before.append(dataset_name)
        else:
            self._log_saved(dataset_name)

    def _log_saved(self, dataset_name: str) -> None:
        # kedro-mlflow gives its dataset an artifact_path.
        dataset: Any = None if self._catalog is None else self._catalog.get(dataset_name)
        if not self._works or not hasattr(dataset, "artifact_path"):
            return
        with self._failures_are_warnings():
            from trading_hpo.tracking.run import log_file

            log_file(self.run_id, str(file_of(dataset)), dataset.artifact_path)

    @hook_impl
    def after_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog) -> None:
        """End the run, and send what is left to send."""
        self._begin()
        self._end(lambda: self._mlflow.after_pipeline_run(run_params, pipeline, catalog))

    @hook_impl
    def on_pipeline_error(
        self, error: Exception, run_params: dict[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> None:
        """End the run as failed."""
        self._end(lambda: self._mlflow.on_pipeline_error(error, run_params, pipeline, catalog))

    def interrupted(self) -> None:
        """End the run as killed, if one is open: Kedro has no hook for Ctrl-C."""

        def end() -> None:
            from trading_hpo.tracking.run import end_as_killed

            end_as_killed()

        self._end(end)

    def _end(self, how: Callable[[], None]) -> None:
        """End all that the run has begun, also after tracking was given up."""
        with self._failures_are_warnings():
            self._following.close()
        if self.run_id is not None:
            with self._failures_are_warnings():
                how()
                self._send(self.run_id)
        with self._failures_are_warnings():
            if self._server_sync is not None and self._server_sync.stop(SEND_WITHIN_S):
                logger.warning("Runs that the tracking server has not taken yet are sent with the next run.")
        with self._failures_are_warnings():
            self._open.close()
        self.run_id, self._server_sync, self._works, self._to_begin = None, None, False, None

    def _log_networks(self, outputs: Any, panels: Any) -> None:
        from trading_hpo.families.family import ServedModel
        from trading_hpo.tracking.networks import log_network

        for network in outputs:
            if isinstance(network, ServedModel):
                log_network(network, panels.open(network.card["panel_digest"], network.card["study_name"]))

    def _send(self, run_id: str) -> None:
        if self._server_sync is not None:
            self._server_sync.take(run_id)

    @contextmanager
    def _failures_are_warnings(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # tracking follows a run; it never ends one
            first, self._works = self._works or self.run_id is None, False
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            reason += "" if self._places is None else f" ({self._places.file})"
            if first:
                logger.warning(
                    "MLflow tracking is off for the rest of this run: %s. Trials and results are kept as ever; the "
                    "next run logs the trials.",
                    urls_hidden(reason),
                )


def _in_words(run_params: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Return what Kedro gives as kedro-mlflow is to log it: no objects, and no names of nodes beside the command."""
    chosen = dict.fromkeys(("tags", "from_nodes", "to_nodes", "node_names", "from_inputs", "to_outputs"))
    return {**run_params, **chosen, **{key: text for key, text in tags.items() if key in run_params}}
