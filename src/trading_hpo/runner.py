"""A runner that skips a node when nothing it depends on has changed since its outputs were saved."""

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from kedro.io import CatalogProtocol, DatasetNotFoundError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node
from kedro.runner import SequentialRunner, Task
from pluggy import PluginManager
from pydantic import BaseModel

from trading_hpo.code_digest import code_digest
from trading_hpo.datasets.files import file_of
from trading_hpo.datasets.results import write_json
from trading_hpo.registry import load_plugins

LIVE = "live"  # tag of nodes that decide for themselves what is left to do: a search resumes
ALL_OR_NOTHING = "all_or_nothing"  # tag of nodes whose outputs are as before when one of them fails
STAMPS = "stamps"
BEFORE = ".before"  # ending of the copies that are put back then


class ReusingRunner(SequentialRunner):
    """Runs nodes one after another, each only if the code it reaches, its parameters or its input data changed.

    What a node depends on is stamped beside its outputs, by content: an input that was made again with the
    same bytes changes nothing. A catalog without a dataset named ``stamps`` runs everything.
    """

    # Kedro's runners implement this method; `run` around it checks and warms up the catalog.
    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        stamps = _Stamps(catalog)
        together = [node for node in pipeline.nodes if ALL_OR_NOTHING in node.tags]
        before = _Before(catalog, stamps)
        try:
            for node in pipeline.nodes:
                stamp = stamps.of(node)
                if not stamps.up_to_date(node, stamp):
                    if node in together:
                        before.keep(node)
                    # Forgotten first: a run that is killed between saving and stamping must not match an older stamp.
                    stamps.drop(node)
                    Task(node, catalog, is_async=False, hook_manager=hook_manager, run_id=run_id).execute()
                    stamps.keep(node, stamp)
                if together and node is together[-1]:
                    before.forget(together)
        except BaseException:
            before.restore()
            raise


class _Stamps:
    """Digest of what each node depended on when it last ran."""

    def __init__(self, catalog: CatalogProtocol) -> None:
        self._catalog = catalog
        try:
            self._path = file_of(catalog[STAMPS])
        except (DatasetNotFoundError, KeyError):
            self._path = None
        self._kept: dict[str, list[str]] = {}
        if self._path is not None and self._path.exists():
            self._kept = _read_stamps(self._path)

    def of(self, node: Node) -> str | None:
        """Return the node's stamp; none where it cannot have one."""
        if LIVE in node.tags or self._path is None:
            return None
        code = _code_of(node, self._catalog)
        if code is None:
            return None
        plugins = sorted(load_plugins().items())
        digest = hashlib.sha256(f"{code} {plugins} {node.name} {node.inputs} {node.outputs}".encode())
        for name in node.inputs:
            content = _content(name, self._catalog)
            if content is None:
                return None
            digest.update(content)
        return digest.hexdigest()

    def up_to_date(self, node: Node, stamp: str | None) -> bool:
        """Whether the node ran with this stamp and its outputs are still there."""
        return stamp is not None and self._kept.get(node.name) == [stamp, self._outputs(node)]

    def keep(self, node: Node, stamp: str | None) -> None:
        """Remember that the node ran."""
        if stamp is not None and self._path is not None:
            self._kept[node.name] = [stamp, self._outputs(node)]
            self._write(self._path)

    def drop(self, node: Node) -> None:
        """Forget that the node ran."""
        if self._kept.pop(node.name, None) is not None and self._path is not None:
            self._write(self._path)

    def kept(self, node: Node) -> list[str] | None:
        """Return what is remembered of a node."""
        return self._kept.get(node.name)

    def put_back(self, name: str, kept: list[str] | None) -> None:
        """Remember of a node what was remembered before."""
        self._kept.pop(name, None)
        if kept is not None:
            self._kept[name] = kept
        if self._path is not None:
            self._write(self._path)

    def _outputs(self, node: Node) -> str:
        """Return a digest of what the node has saved; another run may have saved something else there."""
        contents = [_content(name, self._catalog) or b"" for name in node.outputs]
        return hashlib.sha256(b"".join(contents)).hexdigest()

    def _write(self, path: Path) -> None:
        if self._kept:
            write_json(self._kept, path)
        else:
            path.unlink(missing_ok=True)


def _read_stamps(path: Path) -> dict[str, list[str]]:
    """Return the stamps of a file; a damaged one only means that everything is made again."""
    try:
        stamps = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _content(name: str, catalog: CatalogProtocol) -> bytes | None:
    """Return bytes that change when an input does; none for data that live in memory only."""
    if name.startswith("params:") or name == "parameters":
        value = catalog.load(name)
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        return json.dumps(plain, sort_keys=True, default=str).encode()
    dataset = catalog[name]
    if hasattr(dataset, "fingerprint"):
        return str(dataset.fingerprint()).encode()
    path = file_of(dataset)
    if path is None:
        return None
    if not path.exists():
        return b"absent"
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(file.name.encode())
            with file.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.digest()


def _code_of(node: Node, catalog: CatalogProtocol) -> str | None:
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
    return code_digest({name: Path(str(file)) for name, file in files.items()})


class _Before:
    """What the outputs of some nodes were before a run has written them: data that are refused change nothing."""

    def __init__(self, catalog: CatalogProtocol, stamps: _Stamps) -> None:
        self._catalog, self._stamps = catalog, stamps
        self._copies: dict[Path, Path | None] = {}  # by file; none where there was no file
        self._kept: dict[str, list[str] | None] = {}

    def keep(self, node: Node) -> None:
        """Copy what a node is about to write over."""
        self._kept[node.name] = self._stamps.kept(node)
        for name in node.outputs:
            path = file_of(self._catalog[name])
            if path is not None:
                copy = path.with_name(f"{path.name}{BEFORE}") if path.is_file() else None
                if copy is not None:
                    shutil.copy2(path, copy)
                self._copies[path] = copy

    def restore(self) -> None:
        """Put everything back."""
        for path, copy in self._copies.items():
            if copy is not None:
                copy.replace(path)
            elif path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for name, stamp in self._kept.items():
            self._stamps.put_back(name, stamp)
        self._copies, self._kept = {}, {}

    def forget(self, nodes: Sequence[Node]) -> None:
        """Let what the nodes have written stay; copies that a killed run has left go, too."""
        for path in (file_of(self._catalog[name]) for node in nodes for name in node.outputs):
            if path is not None:
                path.with_name(f"{path.name}{BEFORE}").unlink(missing_ok=True)
        self._copies, self._kept = {}, {}
