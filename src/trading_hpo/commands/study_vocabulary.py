"""`kedro study vocabulary`: what a configuration can choose from."""

import click

from trading_hpo.commands.cli_errors import echo, lines_kept
from trading_hpo.commands.study import clean_errors, echo_fitted


@click.command("vocabulary")
@click.argument("word", required=False)
@clean_errors
def vocabulary(word: str | None) -> None:
    r"""Print what can be chosen, with parameters, bounds and sources; of one kind, or of one name.

    \b
    kedro study vocabulary
    kedro study vocabulary loss
    kedro study vocabulary focal
    """
    from trading_hpo.errors import ConfigurationError, did_you_mean
    from trading_hpo.reporting.vocabulary import known_words, vocabulary_lines

    lines = list(vocabulary_lines(word))
    if not lines:
        raise ConfigurationError([f"unknown word {word!r}. {did_you_mean(str(word), known_words())}"])
    echo_fitted(lines, 18 if word is None else 0)
    if word is None:
        echo("More of each: kedro study vocabulary loss, or kedro study vocabulary focal.")


vocabulary.help = lines_kept(vocabulary.help)
