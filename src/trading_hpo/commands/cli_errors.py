"""How a command ends when something is wrong: a message, and no traceback where the user can mend it."""

import errno
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

TYPED_PARAMS = "trading_hpo.params"  # in the meta of click's context: the text of --params
_PROPOSED_RUN = re.compile(r"kedro (?P<command>run|audit)(?: --params (?P<params>[^\s`]+))?")


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
        options: Of the command that runs: its environment, its configuration. Its parameters are in click's context.
    """
    context = click.get_current_context()
    program = "kedro" if context.obj is not None else context.find_root().info_name or "trading-hpo"
    given = [("--env", options.get("env")), ("--conf-source", options.get("conf_source"))]
    more = "".join(f" {option} {shlex.quote(value)}" for option, value in given if value)

    def proposed(found: re.Match[str]) -> str:
        params = _merged(context.meta.get(TYPED_PARAMS), found["params"])
        return f"{program} {found['command']}{more}{params and f' --params {shlex.quote(params)}'}"

    def complete(text: str) -> str:
        return _PROPOSED_RUN.sub(proposed, text.replace("kedro study", f"{program} study"))

    return complete


def _merged(typed: str | None, proposed: str | None) -> str:
    """Return typed parameters and proposed ones, which take the place of those that they contradict."""
    from trading_hpo.commands.command_line_parameters import split_items  # other commands need no reader of them

    new = list(split_items(proposed or ""))
    kept = [item for item in split_items(urls_hidden(typed or "")) if not any(_same(item, other) for other in new)]
    return ",".join([*kept, *new])


def _same(item: str, other: str) -> bool:
    """Whether two items of ``--params`` are about the same parameter, or one about a part of the other's."""
    one, two = (f"{text.partition('=')[0].strip()}." for text in (item, other))
    return one.startswith(two) or two.startswith(one)


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
            return urls_hidden(f"{_place(link, error)}: {link.strerror}. {_remedy(link)}")
    raised_in = traceback.extract_tb(error.__traceback__)[-1].filename
    if f"{os.sep}kedro{os.sep}" in raised_in:  # an option that names what is not there, a file that is none
        return urls_hidden(str(error))
    return None


def _remedy(failure: OSError) -> str:
    if isinstance(failure, FileNotFoundError):
        return "A stage before this one makes it: run `kedro run --pipeline hpo` first."
    if failure.errno == errno.EADDRINUSE:
        return "Another program has the port: give another --port."
    return "Make room or give access, then run again."


def _place(failure: OSError, error: BaseException) -> str:
    """Return the file that could not be written or read; of a dataset's error, what it says of its file."""
    named = re.search(r"filepath=(?:PurePosixPath\()?'([^']+)'", str(error))
    return str(failure.filename or (named.group(1) if named else str(error).splitlines()[0]))


def lines_kept(text: str | None) -> str:
    r"""Return a help text with click's mark for "keep these lines", which in a raw docstring is two characters."""
    return inspect.cleandoc(text or "").replace("\\b", "\b")
