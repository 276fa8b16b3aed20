"""What code a node can reach, as one digest: its own module and all of ours that this one imports, however far.

Read from the source, without running it: a module that is not reached may change freely, and so may comments,
docstrings and what only type checkers see. A library whose arithmetic makes the numbers counts with its version, where
a reached module imports it.
"""

import ast
import hashlib
import importlib.metadata
import json
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from trading_hpo.whole_files import written_whole

# Another version of these may change the last bits of a result. Others move files and draw: they are not asked.
NUMERICAL = ("numpy", "optuna", "pandas", "scipy", "sklearn", "torch")
_HERE = Path(__file__)
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_DOTTED = re.compile(r"\w+(\.\w+)*(\.\w+(:\w+)?|\.)")


@dataclass(frozen=True)
class Module:
    """What counts of one file.

    Attributes:
        source: Digest of the bytes that it was read from, of Python's version and of this module.
        digest: Of its syntax tree, without what does not run.
        imports: Dotted names, also of what is imported by name or in a function; ``a.b.`` stands for all of ``a.b``.
    """

    source: str
    digest: str
    imports: list[str]


class CodeReader:
    """Modules and where they are, each looked for once: nodes reach much the same, and parsing it takes half a second.

    Args:
        kept: JSON file in which another process finds what was read, as long as a module's bytes are the same.
    """

    def __init__(self, kept: Path | None = None) -> None:
        self._kept, self._changed = kept, False
        self._reading = f"{sys.version_info} ".encode() + _HERE.read_bytes()
        self._read: dict[Path, Module] = {}
        self._found: dict[tuple[str, Path], list[tuple[str, Path]]] = {}
        self._known: dict[str, Module] = {}
        with suppress(OSError, ValueError, TypeError, AttributeError):  # not there, or damaged: it is all read again
            if kept is not None:
                self._known = {name: Module(**one) for name, one in json.loads(kept.read_bytes()).items()}

    def module(self, file: Path, name: str) -> Module:
        """Return what counts of a file."""
        if file not in self._read:
            content = file.read_bytes()
            source = hashlib.sha256(b"\0".join([self._reading, file.name.encode(), content])).hexdigest()
            known = self._known.get(name)
            if known is None or known.source != source:
                known = self._known[name] = _module(source, content, name, file.name == "__init__.py")
                self._changed = True
            self._read[file] = known
        return self._read[file]

    def files(self, imported: str, root: Path) -> list[tuple[str, Path]]:
        """Return the modules below a folder that a dotted name stands for, by name."""
        if (imported, root) not in self._found:
            self._found[imported, root] = list(_files(imported, root))
        return self._found[imported, root]

    def keep(self) -> None:
        """Write down what was read, for the next process."""
        if self._kept is not None and self._changed:
            with written_whole(self._kept) as draft:
                draft.write_text(json.dumps({name: asdict(one) for name, one in self._known.items()}))
            self._changed = False


def code_digest(modules: Mapping[str, Path], reader: CodeReader | None = None) -> str:
    """Return a digest of all code that some modules can reach in their own packages and in ours.

    Args:
        modules: Name -> file, such as those of a node's function and of its datasets; of a library's, the version.
        reader: Of whoever asks for many digests.
    """
    reader = CodeReader() if reader is None else reader
    libraries = {name for name, file in modules.items() if _is_library(name, file)}
    own = {name: file for name, file in modules.items() if name not in libraries}
    reached = dict(_reached(own, reader))
    imported = {name.partition(".")[0] for module in reached.values() for name in module.imports}
    parts = [f"{name} {module.digest}" for name, module in sorted(reached.items())]
    parts += [f"{name} {_version(name)}" for name in sorted(libraries | imported.intersection(NUMERICAL))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_library(name: str, file: Path) -> bool:
    """Whether a module is neither ours nor a project's: its source is not followed."""
    installed = any(file.is_relative_to(sysconfig.get_path(place)) for place in ("stdlib", "purelib", "platlib"))
    return installed and name.partition(".")[0] != __name__.partition(".")[0]


def _reached(found: Mapping[str, Path], reader: CodeReader) -> Iterator[tuple[str, Module]]:
    """Every module that is imported, directly or not, and lies in our package or in one of those that were found."""
    roots = {name.partition(".")[0]: _root(name, file) for name, file in {__name__: _HERE, **found}.items()}
    waiting, seen = dict(found), set(found)
    while waiting:
        name, file = waiting.popitem()
        module = reader.module(file, name)
        yield name, module
        for imported in module.imports:
            root = roots.get(imported.partition(".")[0])
            if root is None:
                continue
            for inner, path in reader.files(imported, root):
                if inner not in seen:
                    seen.add(inner)
                    waiting[inner] = path


def _root(name: str, file: Path) -> Path:
    """The folder that a module's top package lies in."""
    return file.parents[name.count(".") + (file.name == "__init__.py")]


def _files(imported: str, root: Path) -> Iterator[tuple[str, Path]]:
    """The module that a dotted name lies in, the longest that there is; every module below ``a.b.``."""
    if imported.endswith("."):
        folder = root / imported.replace(".", "/")
        for file in sorted(folder.rglob("*.py")):
            inner = file.relative_to(root).with_suffix("").parts
            yield ".".join(inner[:-1] if inner[-1] == "__init__" else inner), file
        return
    parts = imported.split(".")
    for length in range(len(parts), 0, -1):
        place = root.joinpath(*parts[:length])
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.is_file():
                yield ".".join(parts[:length]), file
                return


def _module(source: str, content: bytes, name: str, is_package: bool) -> Module:
    """Parse a file.

    Packages above a module are left out: Python runs them too, but ours only say what is in them.
    """
    tree = ast.parse(content)
    tree.body = _what_runs(_after_docstring(tree.body))
    package = name if is_package else name.rpartition(".")[0]
    imports = sorted({imported for node in ast.walk(tree) for imported in _imports(node, package)})
    return Module(source, hashlib.sha256(ast.dump(tree).encode()).hexdigest(), imports)


def _imports(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
        yield node.value.partition(":")[0]  # what a registry imports by its name


def _what_runs(body: list[ast.stmt]) -> list[ast.stmt]:
    """Take docstrings, what only type checkers see, and the package's version out of statements and all in them."""
    kept: list[ast.stmt] = []
    for statement in body:
        if isinstance(statement, _DESCRIBED):
            statement.body = _after_docstring(statement.body)
        for part in (statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            for name in _BLOCKS:
                if block := getattr(part, name, None):
                    setattr(part, name, _what_runs(block))
        if isinstance(statement, ast.If) and _is_named(statement.test, "TYPE_CHECKING"):
            kept += statement.orelse
        elif not (isinstance(statement, ast.Assign) and _is_named(statement.targets[0], "__version__")):
            kept.append(statement)
    return kept


_DESCRIBED, _BLOCKS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef), ("body", "orelse", "finalbody")


def _after_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    is_docstring = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return body[1:] if is_docstring else body


def _is_named(node: ast.expr, name: str) -> bool:
    return name in (getattr(node, "id", None), getattr(node, "attr", None))


@cache
def _version(module: str) -> str:
    library = module.partition(".")[0]
    try:
        return importlib.metadata.version(_DISTRIBUTIONS.get(library, library))
    except importlib.metadata.PackageNotFoundError:
        return "?"
