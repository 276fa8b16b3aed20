"""Stages are the outer namespace, model types the inner one: ``hpo.lstm``. Datasets keep their names."""

from collections.abc import Callable, Iterable, Sequence

from kedro.pipeline import Pipeline, pipeline
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES

SHARED = {"panel", "folds", "window_bars", "prepared", "study_storage", "kept_panels", "trial_ledger"}


def stage(name: str, nodes: Iterable[Node | Pipeline], tags: Iterable[str] = ()) -> Pipeline:
    """Return the nodes of a stage in its namespace, tagged with its name.

    The catalog does not follow stages: a study is ``lstm.study`` in all of them.
    """
    return pipeline(nodes, namespace=name, prefix_datasets_with_namespace=False, tags=[name, *tags])


def per_model(make_nodes: Callable[[str], Sequence[Node]]) -> Pipeline:
    """Return the nodes of every model type, each in the namespace of its name and tagged with it.

    Args:
        make_nodes: Model type -> nodes; what they share between model types is in ``SHARED``.
    """
    return sum((_namespaced(name, Pipeline(make_nodes(name))) for name in MODEL_TYPES), Pipeline([]))


def _namespaced(name: str, nodes: Pipeline) -> Pipeline:
    parameters = {dataset for dataset in nodes.inputs() if dataset.startswith("params:")}
    # `inputs` of a modular pipeline keeps the names that are not to be prefixed.
    outside = {dataset for dataset in nodes.inputs() - parameters if dataset in SHARED}
    return pipeline(nodes, namespace=name, inputs=outside, parameters=parameters, tags=[name])
