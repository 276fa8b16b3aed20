"""In which order the nodes of a run are run: as they depend on each other, and cheap model types before dear ones."""

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from trading_hpo.families.registry import MODEL_TYPES


def in_order(pipeline: Pipeline) -> list[Node]:
    """Return the nodes; of those that could run at the same time cheap model types first, by the registry.

    The first results are there early, and what a person has set wrongly shows before the long searches begin.
    """
    place = {model_type: number for number, model_type in enumerate(MODEL_TYPES)}

    def key(node: Node) -> tuple[int, str]:
        return min((place[tag] for tag in node.tags if tag in place), default=-1), node.name

    return [node for group in pipeline.grouped_nodes for node in sorted(group, key=key)]
