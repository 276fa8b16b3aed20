"""Options that give way to others in silence are refused, and the remedy in the message works."""

import json

import click
import pytest
from click.testing import CliRunner

from trading_hpo.commands.command_line_parameters import parse_parameters, split_items
from trading_hpo.commands.contradictions import RunCommand, params_problems, version_problems


def typed(text):
    """What the command takes, or how it refuses: its exit code, and what it is given or says."""
    given = click.Option(["--params"], callback=parse_parameters)
    command = RunCommand("run", params=[given], callback=lambda params: click.echo(json.dumps(params)))
    done = CliRunner().invoke(command, ["--params", text])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hpo.sampler=tpe,hpo.sampler.name=random", "hpo.sampler as a whole or by its parts, got hpo.sampler=tpe and"),
        ("hpo.sampler.name=random,hpo.sampler=tpe", "hpo.sampler as a whole or by its parts, got hpo.sampler=tpe and"),
        ("hpo.seed=1, hpo.seed=2", "hpo.seed one value, got 1 and 2"),
        ("assets=[A,B],assets=[A,C]", "assets one value, got [A,B] and [A,C]"),
    ],
)
def test_a_parameter_in_two_ways_is_refused_and_either_alone_is_taken(text, said):
    beside = "folds.n_folds=2"
    code, refused = typed(f"{text},{beside}")
    assert code == 1
    assert said in " ".join(refused.split())
    assert "Leave one of them out." in " ".join(refused.split())
    for one in split_items(text):
        code, taken = typed(f"{one},{beside}")
        assert code == 0
        assert json.loads(taken) == parse_parameters(None, None, one) | {"folds": {"n_folds": 2}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "hpo.seed=1,hpo.seed=1",
        "hpo.sampler=tpe,hpo.samplers=x",
        "assets=[A,B],x=[A]",
        "a={b: 1,c: 2}",
        {"hpo": 1},
    ],
)
def test_what_does_not_contradict_itself_is_taken(text):
    assert list(params_problems(text)) == []


def test_versions_are_for_datasets_that_keep_them():
    catalog = {
        "plain": {"type": "pandas.CSVDataset", "filepath": "a.csv", "credentials": "own"},
        "kept": {"type": "pandas.CSVDataset", "filepath": "b.csv", "versioned": True},
        "logged": {"type": "MlflowArtifactDataset", "dataset": {"type": "pandas.CSVDataset", "versioned": True}},
        "parts": {"type": "partitions.PartitionedDataset", "path": "c", "dataset": "pandas.CSVDataset"},
        "{model}.trials": {"type": "pandas.ParquetDataset", "filepath": "{model}.parquet"},
    }
    stamp = "2026-01-02T03.04.05.678Z"
    said = list(
        version_problems(dict.fromkeys(["plain", "kept", "logged", "parts", "mlp.trials", "nowhere"], stamp), catalog)
    )
    assert [problem.split("got ")[1].split(":")[0] for problem in said] == ["plain", "parts", "mlp.trials", "nowhere"]
