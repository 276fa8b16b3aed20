"""`kedro study vocabulary`: what a configuration can choose from."""

from typing import TYPE_CHECKING

import click

from trading_hpo.commands.cli_errors import echo, lines_kept
from trading_hpo.commands.configuration_source import chosen_environment, configuration, default_source
from trading_hpo.commands.study import clean_errors, echo_fitted

if TYPE_CHECKING:
    from trading_hpo.study.search_spaces import SearchSpacesConfig


@click.command("vocabulary")
@click.argument("word", required=False)
@clean_errors
def vocabulary(word: str | None) -> None:
    r"""Print what can be chosen, with parameters, bounds, searched ranges and sources; of one kind, or of one name.

    \b
    kedro study vocabulary
    kedro study vocabulary loss
    kedro study vocabulary focal
    """
    from trading_hpo.errors import ConfigurationError, did_you_mean
    from trading_hpo.reporting.vocabulary import known_words, vocabulary_lines

    lines = list(vocabulary_lines(word, None if word is None else _searched()))
    if not lines:
        raise ConfigurationError([f"unknown word {word!r}. {did_you_mean(str(word), known_words())}"])
    echo_fitted(lines, 18 if word is None else 0)
    if word is None:
        echo("More of each: kedro study vocabulary loss, or kedro study vocabulary focal.")


def _searched() -> "SearchSpacesConfig | None":
    """Return what the project's configuration searches, in the environment that is set; none that cannot be read."""
    from pydantic import ValidationError

    from trading_hpo.errors import ConfigurationError
    from trading_hpo.study.search_spaces import SearchSpacesConfig

    try:
        given = configuration(default_source(), chosen_environment(None))["parameters"]
        return SearchSpacesConfig(**given.get("search_spaces", {}))
    except (ConfigurationError, ValidationError):  # `kedro run` says what is wrong
        return None


vocabulary.help = lines_kept(vocabulary.help)
