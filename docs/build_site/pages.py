"""What MkDocs cannot find by itself: a page per package folder, all decisions, and tables of what is registered."""

import ast
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

PACKAGE = "trading_hpo"
MODEL_TYPES_HERE = "<!-- model types -->"
METRICS_HERE = "<!-- every metric of the registry -->"
VOCABULARY_HERE = "<!-- vocabulary -->"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put lists of pages where the navigation has ``<folder>/*``."""
    config.nav = _filled(config.nav, _root(config))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page per package folder."""
    package = _root(config) / "src" / PACKAGE
    for folder in package_folders(package):
        files.append(File.generated(config, page_of(folder, package), content=reference(folder, package)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put the tables of registries where a page asks for them."""
    for mark, table in {
        MODEL_TYPES_HERE: model_types,
        METRICS_HERE: metrics_table,
        VOCABULARY_HERE: vocabulary,
    }.items():
        if mark in markdown:
            markdown = markdown.replace(mark, table())
    return markdown


def model_types() -> str:
    """Return the Markdown of all registered model types: a table of their parameters each."""
    from trading_hpo.families.registry import MODEL_TYPES

    declared = {name: MODEL_TYPES[name] for name in MODEL_TYPES}
    shared = {
        key: field for one in declared.values() for config in one.common for key, field in config.model_fields.items()
    }
    sections = ["## Shared by model types", _table(shared)]
    for name, one in declared.items():
        own = {key: field for key, field in one.config.model_fields.items() if key not in shared}
        place = (one.model or one.family).partition(":")[0]
        folder = import_module(place.rpartition(".")[0] if one.model else place)
        sections += [f"## `{name}`", folder.__doc__ or "", one.config.__doc__ or "", _table(own)]
    return "\n\n".join(sections)


def _table(fields: dict[str, Any]) -> str:
    from trading_hpo.reporting.vocabulary import in_words

    return _parameters(in_words(fields))


def _parameters(parameters: Iterable[Any]) -> str:
    head = ["| parameter | default | bounds | |", "|---|---|---|---|"]
    lines = (f"| `{one.name}` | `{one.default}` | {one.bounds} | {one.description} |" for one in parameters)
    return "\n".join([*head, *lines])


def vocabulary() -> str:
    """Return the Markdown of all that can be chosen: a table of each kind but those that have a page of their own."""
    from trading_hpo.reporting.vocabulary import KINDS, entries

    sections = []
    for kind in KINDS.values():
        if kind.name not in ("model type", "metric"):
            sections.append(f"## {kind.name.capitalize()}: `{kind.chosen_by}`")
            for one in entries(kind):
                about = (f"**`{one.name}`** {one.summary}", one.facts and f"*{one.facts}*", one.source)
                sections.append("<br>".join(filter(None, about)))
                if one.parameters:
                    sections.append(_parameters(one.parameters))
    return "\n\n".join(sections)


def metrics_table() -> str:
    """Return a line per metric of the registry."""
    from trading_hpo.metrics.registry import METRICS

    lines = ["| name | kind | better is | unit | needs | source |", "|---|---|---|---|---|---|"]
    better = {"maximize": "more", "minimize": "less", None: "neither"}
    for name in METRICS:
        metric = METRICS[name]
        said = (metric.kind, better[metric.direction], metric.unit or "-", metric.needs or "-", metric.source or "-")
        lines.append(f"| `{name}` | {' | '.join(said)} |")
    return "\n".join(lines)


def package_folders(package: Path) -> list[Path]:
    """Return the package and its folders in the order in which its docstring names them."""
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    folders = {path.parent for path in package.rglob("__init__.py")}
    return sorted(folders, key=lambda folder: _place(folder, package, docstring))


def page_of(folder: Path, package: Path) -> str:
    """Return the source path of a folder's page."""
    return (Path("reference/code") / folder.relative_to(package) / "index.md").as_posix()


def reference(folder: Path, package: Path) -> str:
    """Return the Markdown of a folder's page: its own docstring, then its modules."""
    docstring = ast.get_docstring(ast.parse((package / "__init__.py").read_text())) or ""
    name = ".".join([PACKAGE, *folder.relative_to(package).parts])
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    modules.sort(key=lambda path: _place(path, package, docstring))
    # The folder's page shows the docstring of its __init__.py; what that imports is on the pages it comes from.
    lines = [f"# {name.removeprefix(PACKAGE + '.')}", f"::: {name}", "    options: {members: false}"]
    for path in modules:
        lines += [f"## {path.stem}", f"::: {name}.{path.stem}"]
    return "\n\n".join(lines).replace("\n\n    options", "\n    options") + "\n"


def _place(path: Path, package: Path, docstring: str) -> tuple[int, str]:
    """A path's place in the tree that the docstring draws; what is not on it comes with its folder, or last."""
    parts = path.relative_to(package).parts
    at = 0
    for depth, part in enumerate(parts, start=1):
        name = part if part.endswith(".py") else f"{part}/"
        found = docstring.find(f"\n{'    ' * depth}{name}", at)
        if found < 0:
            return at or len(docstring), path.as_posix()
        at = found
    return at, path.as_posix()


def _filled(entry: Any, root: Path) -> Any:
    if isinstance(entry, list):
        return [_filled(item, root) for item in entry]
    if isinstance(entry, dict):
        return {title: _filled(item, root) for title, item in entry.items()}
    if entry == "reference/code/*":
        package = root / "src" / PACKAGE
        return [page_of(folder, package) for folder in package_folders(package)]
    if isinstance(entry, str) and entry.endswith("/*"):
        return sorted(path.relative_to(root / "docs").as_posix() for path in (root / "docs").glob(f"{entry}.md"))
    return entry


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path or "mkdocs.yml").parent
