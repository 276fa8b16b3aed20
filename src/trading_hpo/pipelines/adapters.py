"""Nodes whose functions take a model type, or one input per model type; Kedro still reads the types of the others."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_args, get_type_hints

from kedro.pipeline import node
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES


def of_model(function: Callable[..., Any], model_type: str) -> Callable[..., Any]:
    """Bind the first argument of a node function."""

    def bound(*inputs: Any) -> Any:
        return function(model_type, *inputs)

    _, *others = inspect.signature(function).parameters
    hints = get_type_hints(function)
    return _presented(bound, function, {name: hints[name] for name in others})


def each(dataset: str) -> dict[str, str]:
    """Return the names of a dataset by model type.

    Example:
        >>> each("study")["lstm"]
        'lstm.study'
    """
    return {model_type: f"{model_type}.{dataset}" for model_type in MODEL_TYPES}


def by_name(names: Iterable[str]) -> dict[str, str]:
    """Return datasets by keys that can be parts of an argument's name; ``named`` undoes it.

    Example:
        >>> by_name(["lstm.study"])
        {'lstm__study': 'lstm.study'}
    """
    return {name.replace(".", "__"): name for name in names}


def named(loaded: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was loaded of ``by_name`` by the names of the datasets.

    Example:
        >>> named({"lstm__study": 1, "report": 2})
        {'lstm.study': 1, 'report': 2}
    """
    return {".".join(filter(None, key.rpartition("__")[::2])): value for key, value in loaded.items()}


def mapping_node(
    function: Callable[..., Any],
    inputs: Mapping[str, str | Mapping[str, str]],
    outputs: str | list[str],
    *,
    name: str,
) -> Node:
    """Return a node, some of whose arguments are mappings of datasets, such as one per model type.

    Kedro's own nodes take one dataset per argument. The mapping's entries are arguments of their own to it,
    ``results__lstm``, so that it loads, orders and checks them as any other.

    Args:
        function: Takes each argument of ``inputs`` by name.
        inputs: Argument -> dataset, or -> key -> dataset for an argument that is a mapping.
        outputs: As of any node.
        name: As of any node.

    Raises:
        TypeError: The function takes other arguments.
    """
    inspect.signature(function).bind(**inputs)
    entries = {
        f"{argument}__{key}" if key else argument: (argument, key, dataset)
        for argument, given in inputs.items()
        for key, dataset in ({"": given} if isinstance(given, str) else given).items()
    }

    def gathered(**loaded: Any) -> Any:
        arguments: dict[str, Any] = {}
        for entry, (argument, key, _) in entries.items():
            if key:
                arguments.setdefault(argument, {})[key] = loaded[entry]
            else:
                arguments[argument] = loaded[entry]
        return function(**arguments)

    datasets = {entry: dataset for entry, (_, _, dataset) in entries.items()}
    return node(_presented(gathered, function, _types(function, entries)), datasets, outputs, name=name)


def _types(function: Callable[..., Any], entries: Mapping[str, tuple[str, str, str]]) -> dict[str, Any]:
    """Return the types of entries: of a mapping's, the type of its values."""
    hints = get_type_hints(function)
    return {
        entry: get_args(hints[argument])[1] if key else hints[argument] for entry, (argument, key, _) in entries.items()
    }


def _presented(adapter: Callable[..., Any], function: Callable[..., Any], types: dict[str, Any]) -> Callable[..., Any]:
    """Give an adapter the name and module of its function, and a signature that Kedro can read."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind, annotation=annotation) for name, annotation in types.items()]
    adapter.__name__, adapter.__doc__, adapter.__module__ = function.__name__, function.__doc__, function.__module__
    adapter.__annotations__ = dict(types)
    adapter.__wrapped__ = function  # type: ignore[attr-defined] # what Kedro-Viz and %load_node show
    adapter.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # functions take it
    return adapter
