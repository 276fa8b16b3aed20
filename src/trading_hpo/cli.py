"""The commands that the project adds to Kedro: `kedro run`, with clean errors, and `kedro study`."""

import click

from trading_hpo.commands import run, set_aside, study, study_clean


@click.group(name="trading_hpo")
def cli() -> None:
    """Commands of the project."""


cli.add_command(run.command())
cli.add_command(study.study)
study.study.add_command(set_aside.set_aside)
study.study.add_command(study_clean.clean)
