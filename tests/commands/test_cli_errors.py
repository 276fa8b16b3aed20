"""What a command says when something is wrong: a remedy for what has failed, and commands that can be typed."""

import shlex
import socket
from wsgiref.simple_server import make_server

import click
import pytest
from click.testing import CliRunner

from trading_hpo.commands.cli_errors import as_typed, message_of
from trading_hpo.commands.command_line_parameters import parse_parameters
from trading_hpo.commands.contradictions import RunCommand


def completed(text, *arguments):
    """A text as the run that was typed so completes it."""

    def say(**options):
        click.echo(as_typed(options)(text))

    given = [click.Option(["--env"]), click.Option(["--params"], default="", callback=parse_parameters)]
    return CliRunner().invoke(RunCommand("trading-hpo", params=given, callback=say), arguments).output.strip()


@pytest.mark.parametrize(
    ("proposed", "params", "said"),
    [
        ("kedro run --pipeline hpo", "source=csv,hpo.n_trials=3", "--params source=csv,hpo.n_trials=3 --pipeline hpo"),
        ("kedro run --params source=other", "source=csv, hpo.n_trials=3", "--params hpo.n_trials=3,source=other"),
        ("kedro run --params labels.kind=volatility", "labels.kind=direction", "--params labels.kind=volatility"),
        ("kedro run --params hpo.sampler=tpe", "hpo.sampler.name=gp,a=1", "--params a=1,hpo.sampler=tpe"),
        ("kedro run", "assets=[A, B]", "--params 'assets=[A, B]'"),
        ("kedro run", "source=https://me:secret@host", "--params 'source=https://me:***@host'"),
        ("kedro run --params labels.kind=volatility", "", "--params labels.kind=volatility"),
        ("kedro run", "", ""),
    ],
)
def test_a_command_in_a_message_keeps_what_was_typed_and_gives_each_parameter_once(proposed, params, said):
    given = ["--params", params] if params else []
    text = completed(f"Run `{proposed}` first.", "--env", "test", *given)
    assert text == f"Run `trading-hpo run --env test{said and f' {said}'}` first."


def test_a_command_in_a_message_is_taken_when_it_is_typed():
    text = completed("kedro run --params source=other", "--env", "test", "--params", "source=csv,assets=[A, B]")
    program, run, *arguments = shlex.split(text)
    assert completed("kedro run", *arguments) == f"{program} {run} --env test --params 'assets=[A, B],source=other'"


def test_an_audit_in_a_message_is_about_the_same_data_too():
    text = completed("Run `kedro audit`.", "--env", "test", "--params", "source=csv")
    assert text == "Run `trading-hpo audit --env test --params source=csv`."


def test_a_port_that_is_taken_is_no_matter_of_room():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use") as refused:
            make_server("127.0.0.1", taken.getsockname()[1], None)
    assert "give another --port" in message_of(refused.value)
    assert "Make room" not in message_of(refused.value)
