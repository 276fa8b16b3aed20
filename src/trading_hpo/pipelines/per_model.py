"""One modular pipeline per model type, so that ``--namespaces lstm`` follows one model through all stages."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from kedro.pipeline import Pipeline, pipeline
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES


def per_model(make_nodes: Callable[[str], Sequence[Node]]) -> Pipeline:
    """Return the nodes of every model type, each in the namespace of its name.

    Args:
        make_nodes: Model type -> nodes; what they share between model types is in ``SHARED``.
    """
    return sum((_namespaced(name, Pipeline(make_nodes(name))) for name in MODEL_TYPES), Pipeline([]))


SHARED = {"panel", "folds", "study_storage"}


def _namespaced(name: str, nodes: Pipeline) -> Pipeline:
    parameters = {dataset for dataset in nodes.inputs() if dataset.startswith("params:")}
    # `inputs` of a modular pipeline keeps the names that are not to be prefixed.
    outside = {dataset for dataset in nodes.inputs() - parameters if dataset in SHARED}
    return pipeline(nodes, namespace=name, inputs=outside, parameters=parameters)


def of_model(function: Callable[..., Any], model_type: str) -> Callable[..., Any]:
    """Bind the first argument of a node function; Kedro still reads the types of the others."""

    def bound(*inputs: Any) -> Any:
        return function(model_type, *inputs)

    signature = inspect.signature(function)
    first, *others = signature.parameters.values()
    bound.__name__, bound.__doc__, bound.__module__ = function.__name__, function.__doc__, function.__module__
    bound.__annotations__ = {k: v for k, v in function.__annotations__.items() if k != first.name}
    bound.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined] # functions take it
    return bound
