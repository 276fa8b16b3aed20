"""The commands that the project adds to Kedro: `kedro run`, with clean errors, `kedro audit` and `kedro study`."""

import click

from trading_hpo.commands import audit, set_aside, study_clean, study_vocabulary
from trading_hpo.commands import study as study_commands
from trading_hpo.commands.run import command


@click.group(name="trading_hpo")
def cli() -> None:
    """Commands of the project."""


run = command()  # by this name Kedro finds it in an installed package
cli.add_command(run)
cli.add_command(audit.command())
cli.add_command(study_commands.study)
study_commands.study.add_command(set_aside.set_aside)
study_commands.study.add_command(study_clean.clean)
study_commands.study.add_command(study_vocabulary.vocabulary)
