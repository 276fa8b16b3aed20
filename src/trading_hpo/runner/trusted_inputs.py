"""Files that a stage has saved are read by a later run as they were saved, or not at all."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol
from kedro.pipeline.node import Node

from trading_hpo.datasets.files import ABSENT, FileDigests, file_of
from trading_hpo.errors import DamagedFileError
from trading_hpo.runner.stamps import Stamp, read_stamps

PATIENCE_S = 2.0  # another run may just have saved a file and not recorded it yet


def stage_of(node: Node) -> str | None:
    """Return the stage of a node, which is its outer namespace and one of its tags; none of a user's own node."""
    name = (node.namespace or "").partition(".")[0]
    return name if name in node.tags else None


def makers() -> dict[str, Node]:
    """Return the nodes of all stages by the datasets that they save."""
    nodes = [node for pipeline in pipelines.values() for node in pipeline.nodes if stage_of(node)]
    return {dataset: node for node in nodes for dataset in node.outputs}


def check_inputs(names: Iterable[str], catalog: CatalogProtocol, stamps: Path, digests: FileDigests) -> None:
    """Refuse files of stages that are not what the stage has saved, or of which nothing is recorded.

    A file that is not there is no error here: a model type that was never searched has none. Neither is one that no
    stage saves: it is the user's own.

    Args:
        names: Datasets that a run reads and does not make.
        catalog: Theirs.
        stamps: File of the stamps.
        digests: Of this run.

    Raises:
        DamagedFileError: With every file, and what makes it again.
    """
    made_by = makers()
    asked = {name: made_by[name] for name in sorted(names) if name in made_by}
    if not asked:
        return
    until = time.monotonic() + PATIENCE_S
    while problems := _problems(asked, catalog, read_stamps(stamps), digests):
        if time.monotonic() > until:
            raise DamagedFileError("\n".join(problems))
        time.sleep(PATIENCE_S / 10)


def _problems(
    asked: Mapping[str, Node], catalog: CatalogProtocol, stamps: Mapping[str, Stamp], digests: FileDigests
) -> list[str]:
    problems = []
    for name, maker in asked.items():
        path = file_of(catalog[name])
        found = ABSENT if path is None else digests.of(path)
        known = stamps.get(maker.name, Stamp(None, {})).saved.get(name)
        if found not in (ABSENT, known):
            got = "no record of one" if known is None else "other content"
            command = f"`kedro run --pipeline {stage_of(maker)}`"
            problems.append(
                f"{path} must be what {command} has saved, got {got}. Run {command} with the same parameters: it is "
                "made again."
            )
    return problems
