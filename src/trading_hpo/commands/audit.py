"""`kedro audit`: whether the data know what they should not."""

from copy import copy
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run

from trading_hpo.commands.cli_errors import lines_kept
from trading_hpo.commands.command_line_parameters import parse_parameters
from trading_hpo.commands.contradictions import RunCommand
from trading_hpo.commands.run import run

_OPTIONS = ("env", "conf_source", "params")


def audit(**options: Any) -> None:
    r"""Check features, labels, folds and source for what they should not know; ends with code 1 if there is any.

    Data are prepared first where they are not. The future, the start of history and the unit of prices are changed,
    everything is made again, and what was known must stay as it was. The result is kept by the digest of the data.

    \b
    kedro audit
    kedro audit --env standard --params source=us_tech_ohlcv
    """
    whole = kedro_run.make_context("run", ["--pipelines", "audit"]).params
    run(**{**whole, **options})


def command() -> click.Command:
    """Return the command, with the options of `kedro run` that say which data there are."""
    options = [copy(option) for option in kedro_run.params if option.name in _OPTIONS]
    for option in options:
        if option.name == "params":
            option.callback = parse_parameters
    return RunCommand("audit", params=options, callback=audit, help=lines_kept(audit.__doc__))
