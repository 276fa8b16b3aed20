"""The docstring of the package is its map: it names every module, and nothing that is not there."""

import re
from pathlib import Path

import pytest

import trading_hpo

ROOT = Path(trading_hpo.__file__).parent
LINE = re.compile(r"^(?P<indent>(?: {4})+)(?P<name>[a-z_0-9]+(?:\.py|/))(?:\s|$)")


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


def modules_on_disk():
    found = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")}
    return {path for path in found if not path.endswith("__init__.py")}


def test_the_tree_names_every_module():
    assert sorted(modules_on_disk() - set(named_in(trading_hpo.__doc__)[0])) == []


def test_the_tree_names_no_module_that_does_not_exist():
    assert sorted(set(named_in(trading_hpo.__doc__)[0]) - modules_on_disk()) == []


def test_the_tree_names_every_folder_and_no_other():
    on_disk = {path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")} - {"."}
    assert sorted(named_in(trading_hpo.__doc__)[1]) == sorted(on_disk)


@pytest.mark.parametrize("kind", [0, 1])
def test_the_tree_names_nothing_twice(kind):
    names = named_in(trading_hpo.__doc__)[kind]
    assert len(names) == len(set(names))


def test_every_package_folder_can_be_imported():
    assert [path for path in ROOT.rglob("*.py") if not (path.parent / "__init__.py").exists()] == []


def test_the_reader_of_the_tree_knows_nesting():
    text = "Of x.py:\n\n    a.py    said\n    b/      said\n        c/\n            d.py\n        e.py\n    f.py\n"
    assert named_in(text) == (["a.py", "b/c/d.py", "b/e.py", "f.py"], ["b", "b/c"])
