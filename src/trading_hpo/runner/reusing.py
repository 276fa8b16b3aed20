"""A runner that skips a node when nothing it depends on has changed since its outputs were saved."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from kedro.io import CatalogProtocol, DatasetNotFoundError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import SequentialRunner, Task
from pluggy import PluginManager
from pydantic import BaseModel

from trading_hpo.datasets.files import FileDigests, file_of
from trading_hpo.registry import load_plugins
from trading_hpo.runner.code_digest import CodeReader, code_digest
from trading_hpo.runner.order import in_order
from trading_hpo.runner.stage_lines import StageLines
from trading_hpo.runner.stamps import Stamp, read_stamps, write_stamp
from trading_hpo.runner.trusted_inputs import check_inputs
from trading_hpo.runner.undo import Undo

LIVE = "live"  # tag of nodes that decide for themselves what is left to do: a search resumes
ALL_OR_NOTHING = "all_or_nothing"  # tag of nodes whose outputs are as before when one of them fails
STAMPS = "stamps"
STAGES = ("data_engineering", "hpo", "analysis", "retraining", "evaluation")  # outer namespaces of our nodes
ON_REQUEST = ("audit",)  # likewise, of those that no other pipeline brings along


class ReusingRunner(SequentialRunner):
    """Runs nodes one after another, each only if the code it reaches, its parameters or its input data changed.

    What a node depends on is stamped beside its outputs, by content: an input that was made again with the
    same bytes changes nothing. So is what it has saved: a run that reads a file of a stage which it does not run
    itself refuses one that was altered since. A catalog without a dataset named ``stamps`` runs everything.
    """

    # Kedro's runners implement this method; `run` around it checks and warms up the catalog.
    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        stamps = Stamps(catalog)
        read = pipeline.inputs()
        stamps.check(read)  # before anything is written
        nodes = in_order(pipeline)
        together = [node for node in nodes if ALL_OR_NOTHING in node.tags]
        undo, lines = Undo(catalog, stamps), StageLines(nodes)
        try:
            for node in nodes:
                stamps.check(read.intersection(node.inputs))  # it may have been altered since the run began
                stamp = stamps.of(node)
                if not stamps.up_to_date(node, stamp):
                    if node in together:
                        undo.keep(node)
                    # Forgotten first: a run that is killed between saving and stamping must not match an older stamp.
                    with stamps.forgotten(node), lines.running(node):
                        Task(node, catalog, is_async=False, hook_manager=hook_manager, run_id=run_id).execute()
                    stamps.keep(node, stamp)
                lines.passed(node)
                if together and node is together[-1]:
                    undo.forget()
            stamps.reader.keep()
        except BaseException:
            undo.restore()
            raise


class Stamps:
    """What each node depended on when it last ran, and what it saved."""

    def __init__(self, catalog: CatalogProtocol) -> None:
        self._catalog, self._digests = catalog, FileDigests()
        try:
            self._path = file_of(catalog[STAMPS])
        except (DatasetNotFoundError, KeyError):
            self._path = None
        self.reader = CodeReader(None if self._path is None else self._path.with_name("code.json"))

    def check(self, names: Iterable[str]) -> None:
        """Refuse files of stages that are not what was saved.

        Raises:
            DamagedFileError: With every one of them.
        """
        if self._path is not None:
            check_inputs(names, self._catalog, self._path, self._digests)

    def of(self, node: Node) -> str | None:
        """Return the node's stamp; none where it cannot have one."""
        if LIVE in node.tags or self._path is None:
            return None
        code = _code_of(node, self._catalog, self.reader)
        if code is None:
            return None
        plugins = sorted(load_plugins().items())
        digest = hashlib.sha256(f"{code} {plugins} {node.name} {node.inputs} {node.outputs}".encode())
        for name in node.inputs:
            content = _content(name, self._catalog, self._digests)
            if content is None:
                return None
            digest.update(content)
        return digest.hexdigest()

    def up_to_date(self, node: Node, stamp: str | None) -> bool:
        """Whether the node ran with this stamp and its outputs are still there."""
        return stamp is not None and self.known(node) == Stamp(stamp, self._saved(node))

    @contextmanager
    def forgotten(self, node: Node) -> Iterator[None]:
        """Forget what the node depended on; what it saved counts until it has saved something else.

        A node that fails before it has saved anything, as one that refuses its inputs, is remembered as before.
        """
        known = self.known(node)
        if self._path is None or known is None:
            yield
            return
        write_stamp(self._path, node.name, Stamp(None, known.saved))
        try:
            yield
        except BaseException:
            saved = self._saved(node)
            # What has no file, such as a table of a server, may have been saved.
            if saved == known.saved and saved.keys() == set(node.outputs):
                write_stamp(self._path, node.name, known)
            raise

    def keep(self, node: Node, stamp: str | None) -> None:
        """Remember that the node ran."""
        if self._path is not None:
            write_stamp(self._path, node.name, Stamp(stamp, self._saved(node)))

    def known(self, node: Node) -> Stamp | None:
        """Return what is remembered of a node."""
        return None if self._path is None else read_stamps(self._path).get(node.name)

    def put_back(self, node: Node, known: Stamp | None) -> None:
        """Remember of a node what was remembered before."""
        if self._path is not None:
            write_stamp(self._path, node.name, known)

    @property
    def folder(self) -> Path | None:
        """Where the stamps are, and the project's data around them; none where nothing is stamped."""
        return None if self._path is None else self._path.parent

    def _saved(self, node: Node) -> dict[str, str]:
        """Return digests of what the node has saved; another run may have saved something else there."""
        files = {name: file_of(self._catalog[name]) for name in node.outputs}
        return {name: self._digests.of(path) for name, path in files.items() if path is not None}


def _content(name: str, catalog: CatalogProtocol, digests: FileDigests) -> bytes | None:
    """Return bytes that change when an input does; none for data that live in memory only."""
    if name.startswith("params:") or name == "parameters":
        value = catalog.load(name)
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        return json.dumps(plain, sort_keys=True, default=str).encode()
    dataset = catalog[name]
    if hasattr(dataset, "fingerprint"):
        return str(dataset.fingerprint()).encode()
    path = file_of(dataset)
    return None if path is None else digests.of(path).encode()


def _code_of(node: Node, catalog: CatalogProtocol, reader: CodeReader) -> str | None:
    """Return a digest of the code that makes a node's outputs; none for a function without a file.

    The function's module counts, and those of datasets of ours and of the function's package: a table is another one
    when it is read in another way.
    """
    function = node.func
    while isinstance(function, partial):
        function = function.func
    packages = {name.partition(".")[0] for name in (__name__, function.__module__)}
    # kedro-mlflow wraps a dataset in a class that inherits from it.
    classes = {cls for name in {*node.inputs, *node.outputs} for cls in type(catalog[name]).__mro__}
    modules = {cls.__module__ for cls in classes if cls.__module__.partition(".")[0] in packages}
    files = {name: getattr(sys.modules.get(name), "__file__", None) for name in {function.__module__, *modules}}
    if None in files.values():
        return None
    return code_digest({name: Path(str(file)) for name, file in files.items()}, reader)
