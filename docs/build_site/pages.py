"""What MkDocs cannot find by itself: a reference page per package folder, all decisions, and tables of registries."""

import ast
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PACKAGE = "trading_hpo"
METRICS_HERE = "<!-- every metric of the registry -->"


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


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Put the registry of metrics where a page asks for it."""
    return markdown.replace(METRICS_HERE, metrics_table()) if METRICS_HERE in markdown else markdown


def metrics_table() -> str:
    """Return a line per metric of the registry."""
    from trading_hpo.metrics.registry import METRICS

    lines = ["| name | kind | better is | unit |", "|---|---|---|---|"]
    better = {"maximize": "more", "minimize": "less", None: "neither"}
    for name in METRICS:
        metric = METRICS[name]
        lines.append(f"| `{name}` | {metric.kind} | {better[metric.direction]} | {metric.unit or '-'} |")
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
    """A path's place in the tree that the docstring draws; what is not on it comes last."""
    parts = path.relative_to(package).parts
    at = 0
    for depth, part in enumerate(parts, start=1):
        name = part if part.endswith(".py") else f"{part}/"
        at = docstring.find(f"\n{'    ' * depth}{name}", at)
        if at < 0:
            return len(docstring), path.as_posix()
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
