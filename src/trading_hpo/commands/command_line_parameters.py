"""`--params` as people type it: lists in brackets, and text that is no YAML."""

from collections.abc import Iterator
from typing import Any

import click
import yaml
from omegaconf import OmegaConf

_OPENS, _CLOSES = "[{", "]}"


def parse_parameters(_context: click.Context, _option: click.Parameter, given: Any) -> dict[str, Any]:
    """Return nested parameters from ``group.key=value,...``, as an option's callback of Click.

    Kedro's own callback splits lists at their commas and ends in a traceback at a value that YAML cannot read.

    Raises:
        click.BadParameter: An item is no ``key=value``, or a bracket is not closed.

    Example:
        >>> parse_parameters(None, None, "assets=[AAPL,MSFT],sources.csv.timestamp_format=%Y-%m-%d")
        {'assets': ['AAPL', 'MSFT'], 'sources': {'csv': {'timestamp_format': '%Y-%m-%d'}}}
    """
    if isinstance(given, dict):  # from a file named by --config
        return given
    parsed = OmegaConf.create()
    for item in _items(given):
        key, equals, text = (part.strip() for part in item.partition("="))
        if not (key and equals):
            raise click.BadParameter(
                f"every item must be key=value, got {item!r}. A list stands in brackets, in quotes for the shell: "
                '--params "assets=[AAPL,MSFT]".'
            )
        parsed.merge_with_dotlist([f"{key}={_as_yaml(text)}"])
    return dict(OmegaConf.to_container(parsed))  # type: ignore[arg-type] # a mapping was created


def _items(text: str) -> Iterator[str]:
    """Split at the commas that are in no brackets."""
    item, depth = "", 0
    for character in f"{text},":
        depth += (character in _OPENS) - (character in _CLOSES)
        if character == "," and depth <= 0:
            if item.strip():
                yield item.strip()
            item = ""
        else:
            item += character
    if item.strip():
        raise click.BadParameter(f"brackets must be closed, got {item.rstrip(',')!r}. Close them, or leave them out.")


def _as_yaml(text: str) -> str:
    """Return a value as YAML; what YAML cannot read, such as ``%Y-%m-%d``, is text."""
    try:
        yaml.safe_load(text)
    except yaml.YAMLError:
        return yaml.safe_dump(text, default_style='"', width=float("inf")).strip()
    return text
