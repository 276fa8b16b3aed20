"""A pipeline run in MLflow: its parameters in readable form, its headline metrics, its artefacts and its end."""

import json
import math
import time
from collections.abc import Mapping
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunStatus, RunTag
from mlflow.utils.validation import MAX_PARAM_VAL_LENGTH, MAX_PARAMS_TAGS_PER_BATCH, MAX_TAG_VAL_LENGTH

from trading_hpo.configuration import flatten
from trading_hpo.escaping import mlflow_key
from trading_hpo.parameters import Parameters
from trading_hpo.reporting.report import SELECTION

_OF_A_MODEL_TYPE = (
    "validation",
    "validation_constant",
    "validation_sharpe",
    "holdout",
    "holdout_constant",
    "holdout_sharpe",
    "holdout_max_drawdown",
    *(f"{about}_{part}_p_value" for about in ("forecast", "money") for part in ("validation", "holdout")),
    *SELECTION,
)


def readable(parameters: Parameters) -> dict[str, str]:
    """Return one line per parameter under its dotted name; an entry of a search space is one line.

    Example:
        >>> lines = readable(Parameters(scenario="base", source="sp500_20"))
        >>> lines["labels.kind"], lines["hpo.sampler.name"]
        ('direction', 'tpe')
    """
    plain = parameters.model_dump(mode="json")
    spaces = plain.pop("search_spaces")
    lines = {name: value if isinstance(value, str) else json.dumps(value) for name, value in flatten(plain).items()}
    for group, entries in spaces.items():
        for name, entry in (entries or {}).items():
            lines[f"search_spaces.{group}.{name}"] = json.dumps({k: v for k, v in entry.items() if v or v == 0})
    return lines


def log_parameters(client: MlflowClient, run_id: str, parameters: Parameters) -> None:
    """Log all parameters of a run, in as few calls as MLflow takes."""
    lines = [Param(mlflow_key(name), text[:MAX_PARAM_VAL_LENGTH]) for name, text in readable(parameters).items()]
    for start in range(0, len(lines), MAX_PARAMS_TAGS_PER_BATCH):
        client.log_batch(run_id, params=lines[start : start + MAX_PARAMS_TAGS_PER_BATCH])


def log_tags(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    """Tag a run."""
    client.log_batch(run_id, tags=[RunTag(key, text[:MAX_TAG_VAL_LENGTH]) for key, text in tags.items()])


def log_report(client: MlflowClient, run_id: str, report: Mapping[str, Any]) -> None:
    """Log the table that a run ends with as metrics, ``<model type>.<name>``."""
    now = int(time.time() * 1000)
    values = {f"{line['model_type']}.{name}": line[name] for line in report["models"] for name in _OF_A_MODEL_TYPE}
    values["holdout_looks"] = report["holdout_looks"]
    known = [Metric(mlflow_key(k), float(v), now, 0) for k, v in values.items() if v is not None and math.isfinite(v)]
    client.log_batch(run_id, metrics=known)


def begin(store: str, experiment_id: str, registry: str | None) -> None:
    """Point MLflow to a store, its model registry, and an experiment: what nodes log goes there."""
    mlflow.set_tracking_uri(store)
    mlflow.set_registry_uri(registry or store)
    mlflow.set_experiment(experiment_id=experiment_id)


def enter(run_id: str) -> None:
    """Make a run the active one of this thread: it is the pipeline's in the thread that began it only.

    A run that a node of the user's has begun in it and left open is ended.
    """
    while (active := mlflow.active_run()) is not None and active.info.run_id != run_id:
        mlflow.end_run()
    if active is None:
        mlflow.start_run(run_id=run_id, nested=True)


def log_file(run_id: str, path: str, artifact_path: str | None) -> None:
    """Log a file or folder."""
    mlflow.log_artifact(path, artifact_path, run_id=run_id)


def end_as_killed() -> None:
    """End the active run, and what it is nested in, as ones that somebody stopped."""
    while mlflow.active_run() is not None:
        mlflow.end_run(RunStatus.to_string(RunStatus.KILLED))
