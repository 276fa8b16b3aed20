"""Options of `kedro run` as Kedro's own take them: environments, configurations elsewhere, lists, runners."""

import re
import shlex
import shutil

import pandas as pd
import pytest

PREPARE = ["run", "--pipeline", "data_engineering", "--params"]


def said(done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def assert_refused(done, project, *fragments) -> None:
    assert done.returncode != 0, said(done)
    assert "Traceback" not in said(done)
    for fragment in fragments:
        assert fragment in said(done)
    assert not list((project / "data").rglob("*.parquet"))
    assert not list((project / "data").rglob("mlflow.db"))


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (["--async"], ["is_async must be false", "hpo.workers=4"]),
        (["--runner-params", "is_async=true"], ["is_async must be false", "hpo.workers=4"]),
        (["--runner", "ParallelRunner"], ["got ParallelRunner", "hpo.workers=4"]),
        (["--runner", "kedro.runner.ThreadRunner"], ["got ThreadRunner", "hpo.workers=4"]),
        (["--runner", "ParalelRunner"], ["the runner must be the name of a class, got 'ParalelRunner'"]),
        (["--runner", "nowhere.Runner"], ["the runner must be the name of a class, got 'nowhere.Runner'"]),
        (["--runner", "pathlib.Path"], ["the runner must be one of Kedro's kind, got 'pathlib.Path'"]),
        (
            ["--runner-params", "max_workers=4"],
            ["--runner-params must be what ReusingRunner takes, got ['max_workers']"],
        ),
        (["--params", "assets=AAPL,MSFT"], ["got 'MSFT'", '--params "assets=[AAPL,MSFT]"']),
        (["--params", "assets=[AAPL,MSFT"], ["brackets must be closed"]),
    ],
    ids=lambda part: " ".join(part) if part[0].startswith("--") else "",
)
def test_what_cannot_work_is_refused_with_what_does(kedro, project, arguments, fragments):
    assert_refused(kedro("run", *arguments), project, *fragments)


def test_a_pipeline_of_a_file_of_options_does_not_give_way_to_typed_ones(kedro, project):
    (project / "options.yml").write_text("run:\n  pipeline: hpo\n")
    done = kedro("run", "--config", "options.yml", "--pipelines", "data_engineering")
    assert_refused(done, project, "--pipeline and --pipelines mean the same. Give --pipelines alone")


def test_the_variable_names_the_environment_that_is_checked(kedro, project):
    assert_refused(kedro("run", KEDRO_ENV="tets"), project, "unknown environment 'tets'. Did you mean 'test'?")
    (project / "conf/test/parameters_own.yml").write_text("labels: {kimd: volatility}\n")
    assert_refused(kedro("run", KEDRO_ENV="test"), project, "labels.kimd is not a parameter")


@pytest.mark.long(part="routes")
def test_the_command_of_a_message_does_what_the_message_says(kedro, project):
    retraining = ["run", "--env", "test", "--pipeline", "retraining"]
    (command,) = re.findall(r"`kedro (run [^`]*)`", said(kedro(*retraining)))
    assert kedro(*shlex.split(command)).returncode == 0
    done = kedro(*retraining)
    assert done.returncode == 0, said(done)


LONG = pytest.mark.long(part="routes")


@pytest.mark.parametrize("form", ["gztar", pytest.param("zip", marks=LONG), pytest.param("folder", marks=LONG)])
def test_the_configuration_may_be_elsewhere(kedro, project, tmp_path, form):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(project / "conf", elsewhere / "conf")
    source = elsewhere / "conf"
    if form != "folder":
        source = shutil.make_archive(str(elsewhere / "conf"), form, elsewhere, "conf")
    given = ["--conf-source", str(source)]
    assert_refused(kedro("run", *given, "--env", "tets"), project, "unknown environment 'tets'. Did you mean 'test'?")
    done = kedro("run", *given, "--pipeline", "retraining", KEDRO_ENV="test")
    assert done.returncode == 1
    assert f"Run `kedro run --env test --conf-source {source} --pipeline hpo` first." in said(done)
    done = kedro(*PREPARE, "source=us_tech_ohlcv", "--env", "test", *given)
    assert done.returncode == 0, said(done)
    assert (project / "data/test/us_tech_ohlcv/05_model_input/folds.csv").exists()


def test_lists_and_formats_are_typed_as_they_are(kedro, project):
    days = pd.date_range("2012-01-02", periods=1500, freq="B")
    rows = [
        {
            "timestamp": day.strftime("%d.%m.%Y"),
            "asset": asset,
            "close": 100 + (number * step) % 7,
        }
        for asset, step in (("AAA", 1), ("BBB", 3), ("CCC", 5))
        for number, day in enumerate(days)
    ]
    pd.DataFrame(rows).to_csv(project / "own.csv", index=False)
    own = "source=csv,sources.csv.path=own.csv,sources.csv.timestamp_format=%d.%m.%Y,assets=[AAA, CCC]"
    done = kedro(*PREPARE, own, KEDRO_ENV="test")
    assert done.returncode == 0, said(done)
    assert f"Results are in {project / 'data/test/csv'}" in said(done)
    assert not (project / "data/base").exists()
    bars = pd.read_parquet(project / "data/test/csv/02_intermediate/bars.parquet")
    assert sorted(bars["asset"].unique()) == ["AAA", "CCC"]
    assert bars["timestamp"].min() == pd.Timestamp("2012-01-02", tz="UTC")
