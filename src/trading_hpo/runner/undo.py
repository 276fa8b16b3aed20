"""Files that several nodes write together are as they were before, if one of the nodes fails."""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from kedro.io import CatalogProtocol
from kedro.pipeline.node import Node

from trading_hpo.datasets.files import file_of
from trading_hpo.runner.stamps import Stamp

logger = logging.getLogger(__name__)

COPY = ".before"  # part of the name of a copy that is put back


class KnownStamps(Protocol):
    """What is remembered of nodes."""

    @property
    def folder(self) -> Path | None: ...  # noqa: D102 - as of the runner's stamps
    def known(self, node: Node) -> Stamp | None: ...  # noqa: D102
    def put_back(self, node: Node, known: Stamp | None) -> None: ...  # noqa: D102


class Undo:
    """Copies of what some nodes are about to write over, and what is remembered of them.

    From the first copy to the end no other run can do the same beside these stamps: of two runs that prepare data the
    second one waits, and then restores, if it must, what the first one has left.

    Args:
        catalog: Of the nodes' outputs.
        stamps: Of the nodes.
    """

    def __init__(self, catalog: CatalogProtocol, stamps: KnownStamps) -> None:
        self._catalog, self._stamps = catalog, stamps
        self._copies: dict[Path, Path | None] = {}  # none of a file that was not there
        self._known: dict[Node, Stamp | None] = {}
        self._held = ExitStack()

    def keep(self, node: Node) -> None:
        """Copy what a node is about to write over; a folder stays as the node leaves it."""
        if not self._known and self._stamps.folder is not None:
            self._held.enter_context(_alone(self._stamps.folder.parent))
        self._known[node] = self._stamps.known(node)
        for path in (file_of(self._catalog[name]) for name in node.outputs):
            if path is None or path.is_dir():
                continue
            copy = path.with_name(f"{path.name}{COPY}.{os.getpid()}") if path.exists() else None
            if copy is not None:
                shutil.copy2(path, copy)
            self._copies[path] = copy

    def restore(self) -> None:
        """Put everything back."""
        with self._held:
            for path, copy in self._copies.items():
                if copy is not None:
                    copy.replace(path)
                else:
                    path.unlink(missing_ok=True)
            for node, known in self._known.items():
                self._stamps.put_back(node, known)
            self._copies, self._known = {}, {}

    def forget(self) -> None:
        """Let what the nodes have written stay; copies that a killed run has left go, too."""
        with self._held:
            for path in self._copies:
                for copy in path.parent.glob(f"{path.name}{COPY}.*"):
                    copy.unlink()
            self._copies, self._known = {}, {}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other run holds a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("Another run prepares data under %s; this one waits for it.", folder)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
