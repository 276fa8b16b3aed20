"""What a run advises to type next: every command is one that would be taken."""

import shlex
from pathlib import Path

import pytest
from tests.commands.test_cli_errors import completed
from tests.test_parameters import load

from trading_hpo.commands.command_line_parameters import parse_parameters
from trading_hpo.errors import ConfigurationError
from trading_hpo.parameters import check_parameters
from trading_hpo.pipelines.run_facts import run_facts
from trading_hpo.reporting.next_steps import other_runs, pages

LOSS_OF_RETURNS = "labels.kind=forward_return,training.loss=sharpe,hpo.objectives=[{metric: sharpe}]"
RUNS = {  # what was typed -> what is changed by each run that is advised
    "": ["labels.kind=volatility", "source=us_tech_ohlcv"],
    "labels.kind=volatility": ["source=us_tech_ohlcv"],
    "source=us_tech_ohlcv,labels.kind=volatility": ["source=sp500_20"],
    "source=us_tech_ohlcv,assets=[AAPL],features.names=[overnight_gap]": [
        "labels.kind=volatility",
        "source=sp500_20,assets=all,features.names=null",
    ],
    "holdout.start=2019-01-02": ["labels.kind=volatility", "source=us_tech_ohlcv,holdout.start=null"],
    "source=csv,sources.csv.path=bars.csv": ["labels.kind=volatility"],
    LOSS_OF_RETURNS: ["labels.kind=volatility,training.loss=auto", "source=us_tech_ohlcv"],
    "labels.kind=joint,training.loss=joint,hpo.study_name=mine": [
        "labels.kind=volatility,training.loss=auto,hpo.study_name=null",
        "source=us_tech_ohlcv,hpo.study_name=null",
    ],
    "labels.kind=triple_barrier,backtest.positions=hold_to_touch": ["source=us_tech_ohlcv"],
    "labels.kind=path,labels.horizon_bars=5,hpo.objectives=[{metric: mape, direction: minimize}]": [
        "source=us_tech_ohlcv"
    ],
}


def parameters_of(command, env="base"):
    """The parameters of a command as it would be typed."""
    words = shlex.split(command)
    typed = words[words.index("--params") + 1] if "--params" in words else ""
    return load(env, **parse_parameters(None, None, typed))


@pytest.mark.parametrize("typed", RUNS)
def test_every_advised_run_is_taken_and_is_another(typed):
    raw = parameters_of(f"kedro run --params {shlex.quote(typed)}")
    ours = check_parameters(raw)
    commands = [command for _, command in other_runs(ours)]
    assert [command.removeprefix("kedro run --params ") for command in commands] == RUNS[typed]
    assert run_facts(dict(ours), None) == run_facts(raw, None)  # a node gets groups as objects
    of_the_page = [run_facts(raw, None).typed(command) for command in commands]
    for command in [completed(command, "--params", typed) for command in commands] + of_the_page:
        found = check_parameters(parameters_of(command))
        assert (found.labels.kind, found.source) != (ours.labels.kind, ours.source)
        assert found.hpo.study_name is None


def test_the_parameters_that_were_typed_would_be_refused_beside_another_task():
    joined = shlex.quote(LOSS_OF_RETURNS.replace("forward_return", "volatility"))
    with pytest.raises(ConfigurationError, match=r"training\.loss must be"):
        check_parameters(parameters_of(f"kedro run --params {joined}"))


def test_the_page_says_where_a_users_own_bars_are():
    raw = parameters_of("kedro run --params 'source=csv,sources.csv.path=\"my bars, all.csv\",sources.csv.skip_rows=2'")
    command = run_facts(raw, None).typed("kedro run")
    assert check_parameters(parameters_of(command)).sources == check_parameters(raw).sources
    assert "encoding" not in command


@pytest.mark.parametrize(
    ("storage", "command"),
    [
        ("data/base/sp500_20/06_models/studies.db", "make dashboard"),
        ("data/test/csv/06_models/studies.db", "make dashboard STUDIES=sqlite:///data/test/csv/06_models/studies.db"),
        ("my data/s.db", "make dashboard STUDIES='sqlite:///my data/s.db'"),
    ],
)
def test_the_dashboard_is_that_of_the_studies(tmp_path, storage, command):
    (tmp_path / "Makefile").touch()
    assert [command for _, command in pages(tmp_path, f"sqlite:///{tmp_path / storage}")] == [command, "make viz"]


def test_a_page_is_advised_where_there_is_something_to_show(tmp_path):
    assert pages(tmp_path, None) == []
    (tmp_path / "Makefile").touch()
    assert [command for _, command in pages(tmp_path, "postgresql://me:***@host/s")] == ["make dashboard", "make viz"]
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mlflow.db").touch()
    assert [command for _, command in pages(tmp_path, None)] == ["make dashboard", "make mlflow", "make viz"]


def test_the_makefile_has_these_pages():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text()
    assert "sqlite:///data/base/sp500_20/06_models/studies.db" in makefile
    assert all(f"\n{target}: $(" in makefile for target in ("dashboard", "mlflow", "viz"))
