"""How a command ends when something is wrong: a message, and no traceback where the user can mend it."""

import inspect
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import click

from trading_hpo.errors import TradingHpoError
from trading_hpo.escaping import printable
from trading_hpo.urls import urls_hidden


def exit_with_message(error: Exception, typed: Callable[[str], str] = str) -> NoReturn:
    """Print the message of an error and end with code 1; a defect of ours is raised as it is.

    Args:
        error: What a command has raised.
        typed: Of ``as_typed``.
    """
    message = message_of(error)
    if message is None:
        raise error
    echo(typed(message), fg="red", err=True)
    sys.exit(1)


def echo(text: str, **style: Any) -> None:
    """Print a text whose parts may come from outside: escape sequences in it do nothing."""
    click.secho(printable(text), **style)


def as_typed(options: Mapping[str, Any]) -> Callable[[str], str]:
    """Return what completes the commands in a text: typed as they stand, they are about the same project.

    Args:
        options: Of the command that runs: its environment, its configuration.
    """
    context = click.get_current_context()
    program = "kedro" if context.obj is not None else context.find_root().info_name or "trading-hpo"
    given = [("--env", options.get("env")), ("--conf-source", options.get("conf_source"))]
    more = "".join(f" {option} {shlex.quote(value)}" for option, value in given if value)

    def complete(text: str) -> str:
        text = text.replace("kedro study", f"{program} study")
        return text.replace("kedro run", f"{program} run{more}")

    return complete


def message_of(error: BaseException) -> str | None:
    """Say what went wrong, if it is a matter between the user and the project; none for a defect of ours."""
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    for link in chain:
        if isinstance(link, TradingHpoError):
            return str(link)
    for link in chain:
        if isinstance(link, OSError) and link.strerror:
            remedy = (
                "A stage before this one makes it: run `kedro run --pipeline hpo` first."
                if isinstance(link, FileNotFoundError)
                else "Make room or give access, then run again."
            )
            return urls_hidden(f"{_place(link, error)}: {link.strerror}. {remedy}")
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    if f"{os.sep}kedro{os.sep}" in raised_in:  # an option that names what is not there, a file that is none
        return urls_hidden(str(error))
    return None


def _place(failure: OSError, error: BaseException) -> str:
    """Return the file that could not be written or read; of a dataset's error, what it says of its file."""
    named = re.search(r"filepath=(?:PurePosixPath\()?'([^']+)'", str(error))
    return str(failure.filename or (named.group(1) if named else str(error).splitlines()[0]))


def lines_kept(text: str | None) -> str:
    r"""Return a help text with click's mark for "keep these lines", which in a raw docstring is two characters."""
    return inspect.cleandoc(text or "").replace("\\b", "\b")
