"""Options of `kedro run` of which one would silently give way to another, or have no effect."""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, permutations
from typing import Any

import click
from kedro.io import CatalogConfigResolver

from trading_hpo.commands.cli_errors import TYPED_PARAMS, exit_with_message
from trading_hpo.commands.command_line_parameters import split_items
from trading_hpo.errors import ConfigurationError


class RunCommand(click.Command):
    """A command that takes every option once, and no parameter in two ways."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse contradictions, then parse as ever."""
        given, _, order = self.make_parser(ctx).parse_args(args=list(args))
        if problems := [*_given_twice(order), *params_problems(given.get("params"))]:
            exit_with_message(ConfigurationError(problems))
        ctx.meta[TYPED_PARAMS] = given.get("params")
        return super().parse_args(ctx, args)


def _given_twice(order: list[click.Parameter]) -> Iterator[str]:
    """Click takes the last of several and says nothing."""
    for parameter, times in Counter(order).items():
        if times > 1:
            yield (
                f"{parameter.opts[0]} must be given once, got it {times} times, of which the last alone would count. "
                "Give one; where it takes several values, join them with commas."
            )


def params_problems(text: object) -> Iterator[str]:
    """Yield what contradicts itself in `--params`: a key with two values, a group as a value and by its parts.

    Args:
        text: As it was typed.
    """
    if not isinstance(text, str):
        return
    items = [item.partition("=") for item in split_items(text)]
    given = [(key.strip(), value.strip()) for key, _, value in items]
    for (key, value), (other, its) in combinations(given, 2):
        if key == other and value != its:
            yield f"--params must give {key} one value, got {value} and {its}. Leave one of them out."
    for (whole, value), (part, its) in permutations(given, 2):
        if part.startswith(f"{whole}."):
            yield (
                f"--params must give {whole} as a whole or by its parts, got {whole}={value} and {part}={its}. Leave "
                "one of them out."
            )


def version_problems(versions: Mapping[str, str], catalog: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `--load-versions` asks of datasets that keep no versions; Kedro loads them as they are.

    Args:
        versions: By dataset.
        catalog: As it is configured.
    """
    # The resolver would ask for the credentials of entries that name some; they do not matter here.
    open_to_all = {
        name: {k: v for k, v in entry.items() if k != "credentials"}
        for name, entry in catalog.items()
        if isinstance(entry, dict)
    }
    resolver = CatalogConfigResolver(open_to_all)
    for name, version in versions.items():
        entry = catalog.get(name) or resolver.resolve_pattern(name)
        wrapped = entry.get("dataset")  # its type alone, or its settings
        if not (entry.get("versioned") or (isinstance(wrapped, dict) and wrapped.get("versioned"))):
            yield (
                f"--load-versions must name datasets that keep versions, got {name}:{version}. Leave it out: the "
                "catalog has no `versioned: true` for it, so there is one version."
            )
