"""Components by name, ours and those of plug-ins."""

import subprocess
import sys

import pytest

from trading_hpo import registry as module
from trading_hpo.errors import ConfigurationError
from trading_hpo.registry import Registry


@pytest.fixture
def shapes():
    return Registry("shape", {"round": "math:pi", "square": 4.0})


def test_a_component_is_imported_when_it_is_asked_for(shapes):
    assert "round" in shapes
    assert shapes["round"] == pytest.approx(3.14159265)
    assert list(shapes) == ["round", "square"]
    assert len(shapes) == 2


def test_an_unknown_name_is_refused_with_the_closest(shapes):
    with pytest.raises(ConfigurationError, match=r"unknown shape 'squar'\. Did you mean 'square'\?"):
        shapes["squar"]


def test_a_name_is_given_once(shapes):
    shapes.add("flat", 2.0)
    shapes.add("flat", shapes["flat"])  # a plug-in that is imported again
    with pytest.raises(ConfigurationError, match="shape 'flat' is registered already"):
        shapes.add("flat", 3.0)
    assert list(shapes) == ["round", "square", "flat"]


PLUGIN = """
from trading_hpo.registry import Registry
import shapes_of_mine
shapes_of_mine.SHAPES.add("bent", 1.5)
"""
USE = "import shapes_of_mine; from trading_hpo.registry import load_plugins; "
USE += "print(list(shapes_of_mine.SHAPES), sorted(load_plugins()))"


@pytest.fixture
def run_with(tmp_path):
    def run(plugins, code=USE, plugin=PLUGIN):
        (tmp_path / "shapes_of_mine.py").write_text(
            "from trading_hpo.registry import Registry\nSHAPES = Registry('shape', {'square': 4.0})\n"
        )
        (tmp_path / "bent_plugin.py").write_text(plugin)
        environment = {"PYTHONPATH": f"{tmp_path}:{':'.join(sys.path)}", module.PLUGINS: plugins}
        return subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_a_plugin_named_in_the_environment_is_loaded_by_whoever_looks_first(run_with):
    done = run_with("bent_plugin")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['square', 'bent'] ['bent_plugin']"
    assert run_with("").stdout.strip() == "['square'] []"


def test_a_plugin_that_cannot_be_imported_is_named(run_with):
    done = run_with("nowhere_plugin")
    assert done.returncode == 1
    assert "plug-in 'nowhere_plugin' cannot be imported: ModuleNotFoundError" in done.stderr


def test_the_digest_of_a_plugin_changes_with_its_file(run_with, tmp_path):
    code = "import shapes_of_mine; from trading_hpo.registry import load_plugins; print(load_plugins())"
    before = run_with("bent_plugin", code).stdout
    assert "bent_plugin" in before
    assert run_with("bent_plugin", code, f"{PLUGIN}# changed\n").stdout != before
