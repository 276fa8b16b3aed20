"""Options that give way to others in silence are refused, and the remedy in the message works."""

import click
import pytest

from trading_hpo.commands.contradictions import params_problems, version_problems

CONTEXT = click.Context(click.Command("run"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hpo.sampler=tpe,hpo.sampler.name=random", "hpo.sampler as a whole or by its parts, got hpo.sampler=tpe and"),
        ("hpo.sampler.name=random,hpo.sampler=tpe", "hpo.sampler as a whole or by its parts, got hpo.sampler=tpe and"),
        ("hpo.seed=1, hpo.seed=2", "hpo.seed one value, got 1 and 2"),
    ],
)
def test_a_parameter_in_two_ways_is_refused_and_either_alone_is_not(text, said):
    (problem,) = params_problems(CONTEXT, text)
    assert said in problem
    assert "Leave one of them out." in problem
    for one in text.split(","):
        assert list(params_problems(CONTEXT, one)) == []


@pytest.mark.parametrize(
    "text", ["", None, "hpo.seed=1,hpo.seed=1", "hpo.sampler=tpe,hpo.samplers=x", "assets=[A,B],x=[A]", {"hpo": 1}]
)
def test_what_does_not_contradict_itself_is_taken(text):
    assert list(params_problems(CONTEXT, text)) == []


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
