"""Answers `kedro run`, `kedro audit` and `kedro study` before Kedro imports the commands of all plugins.

Kedro calls it first, by the entry-point group ``kedro.init``. Otherwise it would look for our commands after it has
imported everybody's: kedro-mlflow's bring MLflow along, which takes seconds.
"""

import sys
import tomllib
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click
from kedro.framework.cli.cli import KedroCLI
from kedro.utils import find_kedro_project

OWN = ("audit", "run", "study")
PACKAGE = __name__.partition(".")[0]


class OwnCommandLine(KedroCLI):
    """Kedro's command line with the project's own commands alone; hooks around commands are called as ever."""

    @property
    def global_groups(self) -> Sequence[click.Group]:
        """None: what is typed is the project's own."""
        return []

    @property
    def project_groups(self) -> Sequence[click.Group]:
        """The project's own, which Kedro takes first as well."""
        return [import_module(f"{PACKAGE}.cli").cli]


def answer_own_commands() -> None:
    """Answer a command of this project and end the process; return where another one was typed."""
    # A project may have the package in a folder of its own: Kedro imports it from there, if it is not imported yet.
    imported = {name for name in sys.modules if name.partition(".")[0] == PACKAGE}
    if imported <= {PACKAGE, __name__}:  # in a process that uses the package it stays as it is
        for name in imported:
            del sys.modules[name]
    project = find_kedro_project(Path.cwd())
    if sys.argv[1:2] and sys.argv[1] in OWN and project is not None and _package_of(project) == PACKAGE:
        OwnCommandLine(project)()


def _package_of(project: Path) -> str:
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    return str(described["tool"]["kedro"].get("package_name"))
