"""A model type is named in its own folder, one line of a registry, and the files of search spaces."""

import ast
from pathlib import Path

import pytest
import yaml

import trading_hpo
from trading_hpo.families.registry import MODEL_TYPES

SOURCE = Path(trading_hpo.__file__).parent
CONF = SOURCE.parents[1] / "conf"


def texts_of(path: Path) -> set[str]:
    """The texts in a file's code; its docstrings, with their examples, are none."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in prose)
    return {node.value for node in constants if isinstance(node.value, str)}


def keys_of(value: object) -> set[str]:
    if not isinstance(value, dict):
        return set()
    return {str(key) for key in value} | {key for inside in value.values() for key in keys_of(inside)}


@pytest.fixture(scope="module")
def texts() -> dict[Path, set[str]]:
    return {path: texts_of(path) for path in SOURCE.rglob("*.py")}


@pytest.mark.parametrize("name", MODEL_TYPES)
def test_code_names_it_in_the_registry_and_its_own_folder_alone(texts, name):
    naming = {path.relative_to(SOURCE) for path, found in texts.items() if name in found and path.parent.name != name}
    if name == "linear":  # there it is a kind of axis
        naming = {path for path in naming if path.parent.name != "figures"}
    assert {path.as_posix() for path in naming} == {"families/registry.py"}


@pytest.mark.parametrize("name", MODEL_TYPES)
def test_configuration_names_it_among_the_search_spaces_alone(name):
    naming = {path.name for path in (CONF / "base").glob("*.yml") if name in keys_of(yaml.safe_load(path.read_text()))}
    assert naming <= {"globals_search_spaces.yml", "parameters_search_spaces.yml"}
