"""The docstring of the package is its map: it names every module, and nothing that is not there.

A name in angle brackets stands for every folder, or every module, there that has no line of its own.
"""

import re
import subprocess
from pathlib import Path

import pytest

import trading_hpo

ROOT = Path(trading_hpo.__file__).parent
LINE = re.compile(r"^(?P<indent>(?: {4})+)(?P<name>[a-z_0-9]+(?:\.py|/)|<[a-z ]+>(?:\.py|/))(?:\s|$)")


def named_in(text):
    """Return the modules and folders of an indented tree, as paths from its root."""
    modules, folders, parents = [], [], []
    for found in filter(None, map(LINE.match, text.splitlines())):
        depth, name = len(found["indent"]) // 4 - 1, found["name"]
        assert depth <= len(parents), f"{name} is indented under no folder"
        path = "/".join([*parents[:depth], name.rstrip("/")])
        if name.endswith("/"):
            parents = [*parents[:depth], name.rstrip("/")]
            folders.append(path)
        else:
            parents = parents[:depth]
            modules.append(path)
    return modules, folders


def filled(paths, folders, root):
    """Return the paths with everything that a name in angle brackets stands for."""
    for path in paths:
        above, bracket, below = path.partition("<")
        if not bracket:
            yield path
            continue
        below = below.partition(">")[2]
        if below == ".py":
            there = {found.relative_to(root).as_posix() for found in (root / above).glob("[!_]*.py")}
            yield from sorted(there - set(paths))
            continue
        there = {found.parent.relative_to(root).as_posix() for found in (root / above).glob("*/__init__.py")}
        yield from (f"{folder}{below}" for folder in sorted(there - set(folders)))


def tree():
    modules, folders = named_in(trading_hpo.__doc__)
    return [list(filled(paths, folders, ROOT)) for paths in (modules, folders)]


def modules_on_disk():
    found = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")}
    return {path for path in found if not path.endswith("__init__.py")}


def test_the_tree_names_every_module():
    assert sorted(modules_on_disk() - set(tree()[0])) == []


def test_the_tree_names_no_module_that_does_not_exist():
    assert sorted(set(tree()[0]) - modules_on_disk()) == []


def test_the_tree_names_every_folder_and_no_other():
    on_disk = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")} - {"."}
    assert sorted(tree()[1]) == sorted(on_disk)


@pytest.mark.parametrize("kind", [0, 1])
def test_the_tree_names_nothing_twice(kind):
    names = tree()[kind]
    assert len(names) == len(set(names))


def test_every_package_folder_can_be_imported():
    assert [path for path in ROOT.rglob("*.py") if not (path.parent / "__init__.py").exists()] == []


def test_the_reader_of_the_tree_knows_nesting():
    text = "Of x.py:\n\n    a.py    said\n    b/      said\n        c/\n            d.py\n        e.py\n    f.py\n"
    assert named_in(text) == (["a.py", "b/c/d.py", "b/e.py", "f.py"], ["b", "b/c"])


def test_a_name_in_brackets_stands_for_the_folders_without_a_line(tmp_path):
    for name in ("a", "b", "own"):
        (tmp_path / "in" / name).mkdir(parents=True)
        (tmp_path / "in" / name / "__init__.py").touch()
    text = "Of x.py:\n\n    in/\n        own/\n        <each one>/\n            c.py\n"
    modules, folders = named_in(text)
    assert list(filled(modules, folders, tmp_path)) == ["in/a/c.py", "in/b/c.py"]
    assert list(filled(folders, folders, tmp_path)) == ["in", "in/own", "in/a", "in/b"]


def test_a_module_in_brackets_stands_for_the_modules_without_a_line(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("__init__", "a", "b", "registry"):
        (tmp_path / f"in/{name}.py").touch()
    modules, folders = named_in("Of x.py:\n\n    in/\n        registry.py\n        <each one>.py\n")
    assert list(filled(modules, folders, tmp_path)) == ["in/registry.py", "in/a.py", "in/b.py"]


def test_nothing_lies_beside_what_belongs_to_the_project():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT.parents[1], capture_output=True, text=True, check=True).stdout
    assert {name.partition("/")[0] for name in listed.split("\n") if name} == {
        *(".ci", ".gitignore", ".telemetry", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "constraints.txt"),
        *("benchmarks", "conf", "controls", "data", "docs"),
        *("mkdocs.yml", "notebooks", "pyproject.toml", "src", "tests"),
    }
