"""Files that several nodes write together are as they were before, if one of the nodes fails."""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from kedro.io import CatalogProtocol
from kedro.pipeline.node import Node

from trading_hpo.datasets.files import file_of
from trading_hpo.file_lock import locked_folder
from trading_hpo.runner.stamps import Stamp
from trading_hpo.whole_files import COPY, written_whole

logger = logging.getLogger(__name__)


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
        self._new_folders: set[Path] = set()
        self._held = ExitStack()

    def keep(self, node: Node) -> None:
        """Copy what a node is about to write over; a folder stays as the node leaves it."""
        self._note_new_folders(node)
        if not self._known and self._stamps.folder is not None:
            self._held.enter_context(_alone(self._stamps.folder.parent))
        self._known[node] = self._stamps.known(node)
        for path in (file_of(self._catalog[name]) for name in node.outputs):
            if path is None or path.is_dir():
                continue
            copy = path.with_name(f"{path.name}{COPY}.{os.getpid()}") if path.exists() else None
            if copy is not None:
                # A new date: with the old one it would look left behind to a process that does not see ours.
                with written_whole(copy) as draft:
                    shutil.copy(path, draft)
            self._copies[path] = copy

    def _note_new_folders(self, node: Node) -> None:
        folders = [path.parent for path in (file_of(self._catalog[name]) for name in node.outputs) if path is not None]
        for folder in [*folders, *([] if self._stamps.folder is None else [self._stamps.folder])]:
            self._new_folders |= {one for one in (folder, *folder.parents) if not one.exists()}

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
            for folder in sorted(self._new_folders, reverse=True):  # the inner ones first
                with suppress(OSError):  # another run has begun to use it
                    folder.rmdir()
            self._copies, self._known, self._new_folders = {}, {}, set()

    def forget(self) -> None:
        """Let what the nodes have written stay; copies that a killed run has left go, too."""
        with self._held:
            for path in self._copies:
                for copy in path.parent.glob(f"{path.name}{COPY}.*"):
                    copy.unlink()
            self._copies, self._known, self._new_folders = {}, {}, set()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other run holds a folder."""
    with ExitStack() as held:
        try:
            held.enter_context(locked_folder(folder, wait=False))
        except BlockingIOError:
            logger.warning("Another run prepares data under %s; this one waits for it.", folder)
            held.enter_context(locked_folder(folder))
        yield
