"""What a pipeline run is called in MLflow, and the command that repeats it."""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
import yaml
from click.core import ParameterSource

from trading_hpo.configuration import flatten
from trading_hpo.parameters import Parameters
from trading_hpo.runner.reusing import STAGES
from trading_hpo.urls import urls_hidden

_DEFAULT = "__default__"
_OBJECT = re.compile(r"<(?:\w+\.)*(\w+) object at 0x\w+>")
_OPTIONS = {
    "env": "--env",
    "pipeline_names": "--pipelines",
    "namespaces": "--namespaces",
    "tags": "--tags",
    "node_names": "--nodes",
    "from_nodes": "--from-nodes",
    "to_nodes": "--to-nodes",
    "from_inputs": "--from-inputs",
    "to_outputs": "--to-outputs",
    "load_versions": "--load-versions",
    "runtime_params": "--params",
}


def description_of(
    parameters: Parameters, run_params: Mapping[str, Any], namespaces: Iterable[str]
) -> tuple[str, dict[str, str]]:
    """Return the name of a run, by what ran, scenario, source and label, and its tags in plain words.

    Args:
        parameters: Of the run.
        run_params: As Kedro gives them to hooks.
        namespaces: Of the nodes that run: stages, or stage and model type.

    Example:
        >>> parameters = Parameters(scenario="base", source="sp500_20")
        >>> description_of(parameters, {"pipeline_names": ["hpo"]}, ["data_engineering", "hpo.mlp"])[0]
        'hpo mlp base sp500_20 direction1'
    """
    label = f"{parameters.labels.kind}{parameters.labels.task.horizon_bars}"
    ran = what_ran(_pipelines(run_params), namespaces, parameters.hpo.models_to_optimize)
    tags = {
        "ran": ran,
        "scenario": parameters.scenario,
        "source": parameters.source,
        "label": label,
        "runner": _OBJECT.sub(r"\1", str(run_params.get("runner") or "")),
        "runtime_params": params_text(run_params.get("runtime_params") or {}),
        "kedro_command": command_of(run_params),
    }
    name = f"{ran} {parameters.scenario} {parameters.source} {label}"
    return name, {key: text for key, text in tags.items() if text}


def what_ran(pipelines: Sequence[str], namespaces: Iterable[str], searched: Sequence[str]) -> str:
    """Return the pipelines or stages of a run, and its model types where those are not all that are searched.

    Example:
        >>> what_ran([], ["data_engineering", "hpo.mlp", "analysis.mlp"], ["mlp"])
        'up to analysis'
    """
    parts = {tuple(namespace.split(".")) for namespace in namespaces if namespace}
    stages = [stage for stage in STAGES if any(part[0] == stage for part in parts)]
    chosen = "all stages" if len(stages) == len(STAGES) else f"up to {stages[-1]}" if stages else "run"
    own = {part[1] for part in parts if len(part) > 1}
    models = [name for name in searched if name in own]
    return " ".join(["+".join(pipelines) or chosen, *(models if len(models) < len(searched) else [])])


def command_of(run_params: Mapping[str, Any]) -> str:
    """Return the command of a run: as it was typed, or what does the same where Python began the run."""
    context = click.get_current_context(silent=True)
    typed = context is not None and context.command.name == "run"
    options = _typed(context) if typed and context is not None else _given(run_params)
    program = "kedro"
    if typed and context is not None and context.obj is None:
        program = context.find_root().info_name or "trading-hpo"
    words = [program, "run"]
    for option, value in options:
        is_params = option == "--params"
        text = params_text(run_params.get("runtime_params") or {}) if is_params else _text(value)
        words += [option] if value is True else [option, text]
    return urls_hidden(shlex.join(words))


def params_text(nested: Mapping[str, Any]) -> str:
    """Return parameters as ``--params`` takes them.

    Example:
        >>> params_text({"source": "csv", "hpo": {"workers": 2}, "assets": ["AAPL", "a,b"]})
        'source=csv,hpo.workers=2,assets=[AAPL,"a,b"]'
    """
    return urls_hidden(",".join(f"{key}={_as_yaml(value)}" for key, value in flatten(nested).items()))


def _typed(context: click.Context) -> Iterator[tuple[str, Any]]:
    """Options that stand on the command line, not those that were worked out of them."""
    for option in context.command.params:
        if option.name and context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
            yield max(option.opts, key=len), context.params.get(option.name)


def _given(run_params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, option in _OPTIONS.items():
        value = _pipelines(run_params) if key == "pipeline_names" else run_params.get(key)
        if value:
            yield option, value


def _pipelines(run_params: Mapping[str, Any]) -> list[str]:
    named = run_params.get("pipeline_names") or run_params.get("pipeline_name") or []
    return [name for name in ([named] if isinstance(named, str) else named) if name != _DEFAULT]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):  # versions of datasets
        return ",".join(f"{key}:{version}" for key, version in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)


def _as_yaml(value: Any) -> str:
    """Return a value that is read back as it was; text stands in quotes only where it would be something else."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_as_yaml, value))}]"
    if not isinstance(value, str):
        return json.dumps(value, default=str)
    try:
        is_plain = yaml.safe_load(f"[{value}]") == [value]
    except yaml.YAMLError:
        is_plain = False
    return value if is_plain else json.dumps(value)
