"""Which nodes a run is about: short names of nodes and namespaces become Kedro's own."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from kedro.framework import project
from kedro.pipeline import Pipeline

from trading_hpo.errors import ConfigurationError, did_you_mean

_SELECT = ("tags", "from_nodes", "to_nodes", "node_names", "from_inputs", "to_outputs")  # of Kedro's filter


def check_pipelines(names: Iterable[str]) -> None:
    """Refuse names of pipelines that are not registered.

    Raises:
        ConfigurationError: With every such name.
    """
    # Kedro's own mapping makes every pipeline before it says what there is, with the libraries of all nodes.
    registered: Mapping[str, Any] = import_module(f"{project.PACKAGE_NAME}.pipeline_registry").register_pipelines()
    if unknown := [name for name in names if name not in list(registered)]:
        raise ConfigurationError([f"unknown pipeline {name!r}. {did_you_mean(name, registered)}" for name in unknown])


def full_names(options: Mapping[str, Any], registered: Mapping[str, Pipeline]) -> dict[str, list[str]]:
    """Return the options that name nodes, with Kedro's full names.

    A node may be given by the end of its name, ``clean_bars``, a namespace by any part of it, ``lstm``. What is before
    a namespace runs too: up to its nodes, not only them.

    Args:
        options: Of `kedro run`.
        registered: The pipelines by name; ours, and the user's own beside them.

    Raises:
        ConfigurationError: With every name that nothing in the chosen pipelines has.
    """
    nodes = [node for name in chosen_pipelines(options) for node in registered[name].nodes]
    by_ending: dict[str, set[str]] = {}
    by_namespace: dict[str, set[str]] = {}
    for node in nodes:
        for known, names in ((by_ending, _endings(node.name)), (by_namespace, _runs(node.namespace or ""))):
            for name in names:
                known.setdefault(name, set()).add(node.name)
    given = {option: list(options[option]) for option in ("from_nodes", "to_nodes", "node_names")}
    wanted = [("node", name, by_ending) for names in given.values() for name in names]
    wanted += [("namespace", name, by_namespace) for name in options["namespaces"]]
    if unknown := [(what, name, known) for what, name, known in wanted if name not in known]:
        raise ConfigurationError(
            [f"unknown {what} {name!r}. {did_you_mean(name, known)}" for what, name, known in unknown]
        )
    full = {option: set().union(*(by_ending[name] for name in names)) for option, names in given.items()}
    full["to_nodes"] |= set().union(*(by_namespace[name] for name in options["namespaces"]))
    return {**{option: sorted(names) for option, names in full.items()}, "namespaces": []}


def check_selection(options: Mapping[str, Any], registered: Mapping[str, Pipeline]) -> None:
    """Refuse options that select no node, or name what no node has; Kedro leaves out an unknown one of several tags.

    Args:
        options: Of `kedro run`, nodes by their full names.
        registered: The pipelines by name.

    Raises:
        ConfigurationError: With every problem.
    """
    pipeline = sum((registered[name] for name in chosen_pipelines(options)), Pipeline([]))
    known = {
        "tags": {tag for node in pipeline.nodes for tag in node.tags},
        "from_inputs": pipeline.datasets(),
        "to_outputs": pipeline.datasets(),
    }
    what = {"tags": "tag", "from_inputs": "dataset", "to_outputs": "dataset"}
    wanted = [(what[option], name, names) for option, names in known.items() for name in options[option]]
    if unknown := [(kind, name, names) for kind, name, names in wanted if name not in names]:
        raise ConfigurationError(
            [f"unknown {kind} {name!r}. {did_you_mean(name, names)}" for kind, name, names in unknown]
        )
    chosen = {option: options[option] for option in _SELECT if options[option]}
    try:
        pipeline.filter(**chosen)
    except ValueError as error:  # Kedro has no other for a selection without nodes
        names = " ".join(f"--{option.replace('_', '-')}" for option in chosen)
        raise ConfigurationError(
            [f"{names} must select a node, got none that all of them leave. Take one out."]
        ) from error


def chosen_pipelines(options: Mapping[str, Any]) -> list[str]:
    """Return the names of the pipelines that are asked for."""
    return [name for name in [options["pipeline"], *options["pipelines"]] if name] or ["__default__"]


def _endings(name: str) -> list[str]:
    """Return a dotted name, without its first part, without its first two, and so on.

    Example:
        >>> _endings("hpo.lstm.search")
        ['hpo.lstm.search', 'lstm.search', 'search']
    """
    parts = name.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]


def _runs(name: str) -> set[str]:
    """Return every run of a dotted name's parts.

    Example:
        >>> sorted(_runs("hpo.lstm"))
        ['hpo', 'hpo.lstm', 'lstm']
    """
    endings = [ending.split(".") for ending in _endings(name) if ending]
    return {".".join(parts[:stop]) for parts in endings for stop in range(1, len(parts) + 1)}
