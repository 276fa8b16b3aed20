"""Commands that have nothing to train do not wait for the libraries that train and track."""

import subprocess
import sys

import pytest
from tests.makers.commands import environment_of_commands
from tests.makers.projects import FINISHED, FINISHED_PARAMETERS

pytestmark = pytest.mark.slow

# As Kedro begins, with the entry point that an installation declares (tests/test_wheel.py).
PROGRAM = """
import atexit, sys
from kedro.framework.cli import cli
from trading_hpo.startup import answer_own_commands
atexit.register(lambda: print("IMPORTED", *sys.modules))
answer_own_commands()
print("NOT ANSWERED", "trading_hpo" in sys.modules)
"""
NETWORKS, TABLES, TRACKING = {"torch"}, {"pandas", "pandera", "pyarrow", "plotly", "scipy", "sklearn"}, {"mlflow"}


def answered(project, *arguments):
    """Return what a command prints, its exit code, and the modules that it has imported."""
    program = [sys.executable, "-c", PROGRAM, *arguments]
    environment = environment_of_commands()
    done = subprocess.run(program, cwd=project, env=environment, capture_output=True, text=True, check=False)
    printed, _, modules = done.stdout.partition("IMPORTED")
    return printed + done.stderr, done.returncode, set(modules.split())


def test_studies_are_listed_without_tables_networks_and_tracking(finished):
    printed, code, imported = answered(finished, "study", "list")
    assert code == 0, printed
    assert "test-us_tech_ohlcv-direction1.mlp" in printed
    assert imported & (NETWORKS | TABLES | TRACKING) == set()


def test_a_misspelt_study_is_refused_without_them(finished):
    printed, code, imported = answered(finished, "study", "show", "test-us_tech_ohlcv-direction1.mlpp")
    assert code == 1
    assert "Did you mean 'test-us_tech_ohlcv-direction1.mlp'?" in printed
    assert imported & (NETWORKS | TABLES | TRACKING) == set()


def test_a_misspelt_pipeline_or_environment_is_refused_without_optuna_too(project):
    for option, name in (("--pipeline", "hpoo"), ("--env", "tets")):
        printed, code, imported = answered(project, "run", option, name)
        assert code == 1
        assert "Did you mean" in printed
        assert imported & (NETWORKS | TABLES | TRACKING | {"optuna", "sqlalchemy", "numpy"}) == set()


@pytest.mark.long(part="routes")
def test_a_run_with_nothing_to_do_imports_no_network(finished, kedro):
    assert (
        kedro(*FINISHED, FINISHED_PARAMETERS).returncode == 0
    )  # the project is a copy of where the networks were made
    printed, code, imported = answered(finished, *FINISHED, FINISHED_PARAMETERS)
    assert code == 0, printed
    assert imported & (NETWORKS | {"sklearn", "skfolio"}) == set()


def test_commands_of_others_are_left_to_kedro(project):
    for arguments in ((), ("registry", "list"), ("--help",)):
        printed, code, _ = answered(project, *arguments)
        assert (printed, code) == ("NOT ANSWERED False\n", 0)


def test_elsewhere_than_in_this_project_nothing_is_answered(tmp_path):
    assert "NOT ANSWERED False\n" in answered(tmp_path, "study", "list")[0]
    (tmp_path / "pyproject.toml").write_text('[tool.kedro]\npackage_name = "others"\n')
    assert "NOT ANSWERED False\n" in answered(tmp_path, "study", "list")[0]
