"""`trading-hpo` and `python -m trading_hpo`: the commands where the package is installed and no project is.

Data go into the folder where a command is typed, as into a project. The configuration comes from ``--conf-source``.
"""

import logging
import os
import sys
from typing import Any

import click

os.environ.setdefault("KEDRO_DISABLE_TELEMETRY", "true")  # a project says so in its file .telemetry


class RunByDefault(click.Group):
    """Takes options without a command as those of ``run``, as Kedro's packaged projects do."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command in front."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)


def main(*arguments: Any, **options: Any) -> Any:
    """Run a command; in an interactive interpreter, return what it returns.

    Args:
        arguments: The command line as one list; that of the process without one.
        options: Of Click.
    """
    logging.disable(logging.INFO)  # while it is imported, Kedro logs which file sets up its logs
    from kedro.framework.project import configure_project

    logging.disable(logging.NOTSET)
    configure_project("trading_hpo")
    from trading_hpo.cli import cli

    group = RunByDefault("trading-hpo", cli.commands, context_settings={"help_option_names": ["-h", "--help"]})
    return group(*arguments, **{"standalone_mode": not hasattr(sys, "ps1"), **options})


if __name__ == "__main__":
    main()
