"""`--params` as people type it: lists in brackets, and text that is no YAML."""

import re
from collections.abc import Iterator
from typing import Any

import click
import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from trading_hpo.urls import urls_hidden

_OPENS, _CLOSES = "[{", "]}"
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\"")
_BEFORE_A_VALUE = ("=", ",", ":", *_OPENS)
# Signs of YAML that announce a value, and would be an empty one alone.
_ANNOUNCES = re.compile(r"[-?:#]|[|>][-+\d]{0,2}|[&!]\S*")


def parse_parameters(_context: click.Context, _option: click.Parameter, given: Any) -> dict[str, Any]:
    """Return nested parameters from ``group.key=value,...``, as an option's callback of Click.

    Kedro's own callback splits lists at their commas and ends in a traceback at a value that YAML cannot read.

    Raises:
        click.BadParameter: An item is no ``key=value``, or its value cannot be read, or a bracket is not closed.

    Example:
        >>> parse_parameters(None, None, "assets=[AAPL,MSFT],sources.csv.timestamp_format=%Y-%m-%d")
        {'assets': ['AAPL', 'MSFT'], 'sources': {'csv': {'timestamp_format': '%Y-%m-%d'}}}
    """
    if isinstance(given, dict):  # from a file named by --config
        return given
    parsed = OmegaConf.create()
    for item in split_items(given):
        key, equals, text = (part.strip() for part in item.partition("="))
        if not (key and equals):
            raise click.BadParameter(
                f"every item must be key=value, got {item!r}. A list stands in brackets, in quotes for the shell: "
                '--params "assets=[AAPL,MSFT]".'
            )
        try:
            parsed.merge_with_dotlist([f"{key}={_as_yaml(text)}"])
        except (yaml.YAMLError, OmegaConfBaseException) as error:  # a key twice in braces, a reference that is none
            reason = urls_hidden(str(getattr(error, "problem", None) or error).strip().splitlines()[0])
            raise click.BadParameter(
                f"every value must be one that can be read, got {urls_hidden(item)!r}: {reason}. Correct it; text "
                "stands in quotes, within those for the shell: --params \"key='text'\"."
            ) from error
    return dict(OmegaConf.to_container(parsed))  # type: ignore[arg-type] # a mapping was created


def split_items(text: str) -> Iterator[str]:
    """Yield the items of ``--params``: split at the commas that are in no brackets and no quotes.

    Raises:
        click.BadParameter: A bracket is not closed.

    Example:
        >>> list(split_items("a=[1,2], b=',',c=it's"))
        ['a=[1,2]', "b=','", "c=it's"]
    """
    item, place, depth = "", 0, 0
    while place < len(text):
        # A quote begins a quoted text only where a value does: elsewhere it is an apostrophe.
        quoted = _QUOTED.match(text, place) if item.rstrip().endswith(_BEFORE_A_VALUE) else None
        part = quoted.group() if quoted else text[place]
        place += len(part)
        if part == "," and depth == 0:
            yield from _stripped(item)
            item = ""
            continue
        item += part
        depth = max(depth + (part in _OPENS) - (part in _CLOSES), 0)
    if depth:
        raise click.BadParameter(
            f"brackets must be closed, got {urls_hidden(item.strip())!r}. Close them, or leave them out.",
            param_hint="'--params'",
        )
    yield from _stripped(item)


def _stripped(item: str) -> list[str]:
    return [item.strip()] if item.strip() else []


def _as_yaml(text: str) -> str:
    """Return a value as YAML; what YAML cannot read, such as ``%Y-%m-%d`` or ``|``, is text."""
    try:
        yaml.safe_load(text)
    except yaml.YAMLError:
        is_text = True
    else:
        is_text = _ANNOUNCES.fullmatch(text) is not None
    return yaml.safe_dump(text, default_style='"', width=float("inf")).strip() if is_text else text
