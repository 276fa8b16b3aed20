"""`--params` as people type it."""

import click
import pytest
from click.testing import CliRunner
from kedro.framework.cli.project import run as kedro_run

from trading_hpo.commands.command_line_parameters import parse_parameters


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("", {}),
        ("hpo.n_trials=50,hpo.sampler=random", {"hpo": {"n_trials": 50, "sampler": "random"}}),
        ("assets=[AAPL,MSFT]", {"assets": ["AAPL", "MSFT"]}),
        ("assets=[AAPL, MSFT], folds.n_folds=2", {"assets": ["AAPL", "MSFT"], "folds": {"n_folds": 2}}),
        ("a=[[1,2],[3]],b=2", {"a": [[1, 2], [3]], "b": 2}),
        ("hpo.pruner={name: hyperband, min_epochs: 2}", {"hpo": {"pruner": {"name": "hyperband", "min_epochs": 2}}}),
        ("sources.csv.timestamp_format=%Y-%m-%d", {"sources": {"csv": {"timestamp_format": "%Y-%m-%d"}}}),
        ("x.format=%d.%m.%Y %H:%M,x.zone=UTC", {"x": {"format": "%d.%m.%Y %H:%M", "zone": "UTC"}}),
        ("note=@home", {"note": "@home"}),
        ('note=%"quoted"', {"note": '%"quoted"'}),
        ("source=csv,sources.csv.path=a=b.csv", {"source": "csv", "sources": {"csv": {"path": "a=b.csv"}}}),
        ("s.csv.separator=|,s.csv.decimal=','", {"s": {"csv": {"separator": "|", "decimal": ","}}}),
        ("a=>,b=-,c=&x,d=?,e=>-,f=#,g=!x", {"a": ">", "b": "-", "c": "&x", "d": "?", "e": ">-", "f": "#", "g": "!x"}),
        ('a="x]y",b=[1,2]', {"a": "x]y", "b": [1, 2]}),
        ("a=['x,y', \"z\"],b=1", {"a": ["x,y", "z"], "b": 1}),
        ("a='it''s, so',b=it's,c='", {"a": "it's, so", "b": "it's", "c": "'"}),
        ("a=x],b=[1,2]", {"a": "x]", "b": [1, 2]}),
        ("hpo.timeout_minutes=null", {"hpo": {"timeout_minutes": None}}),
    ],
)
def test_values_are_read_as_they_are_typed(given, parsed):
    assert parse_parameters(None, None, given) == parsed


def test_parameters_of_a_file_of_options_stay_as_they_are():
    assert parse_parameters(None, None, {"assets": ["AAPL"]}) == {"assets": ["AAPL"]}


def test_what_kedro_reads_is_read_alike():
    (theirs,) = (option for option in kedro_run.params if option.name == "params")
    for given in ("a=1,b.c=x,b.d=1.5", "a=true", "a=2020-01-01", "a=", "a= 1 , b=2", "a.b=null", "a={b: 1}"):
        assert parse_parameters(None, None, given) == theirs.callback(None, theirs, given), given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("assets=AAPL,MSFT", ["got 'MSFT'", '--params "assets=[AAPL,MSFT]"']),
        ("assets=[AAPL,MSFT", ["brackets must be closed", "'assets=[AAPL,MSFT'"]),
        ("=3", ["must be key=value, got '=3'"]),
        (
            "hpo.sampler={name: tpe, name: random}",
            ["one that can be read", "name: tpe, name: random", "duplicate", "quotes"],
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_way_to_type_it(given, said):
    command = click.Command("run", params=[click.Option(["--params"], callback=parse_parameters)])
    refused = CliRunner().invoke(command, ["--params", given])
    assert refused.exit_code == 2
    for fragment in said:
        assert fragment in " ".join(refused.output.split()), refused.output
    assert "Traceback" not in refused.output
