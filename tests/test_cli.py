"""`kedro run` as a person meets it: clean errors, nothing written, reuse, resume."""

import json
import re
import time
from pathlib import Path

import optuna
import pandas as pd
import pytest

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.study.progress import PLAIN_EVERY_S

SEARCH = ["run", "--env", "test", "--pipeline", "hpo", "--namespaces", "mlp", "--params"]


def written(project: Path) -> list[str]:
    """What is under data/: files and folders."""
    return sorted(path.relative_to(project).as_posix() for path in (project / "data").rglob("*"))


def assert_clean_failure(done, project: Path, *fragments: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode != 0, said
    assert "Traceback" not in said
    assert "│" not in said  # rich draws tracebacks in boxes
    for fragment in fragments:
        assert fragment in said, said
    assert written(project) == []


MISTAKES = [
    (
        ["--params", "hpo.n_trials=0,hpo.models_to_optimize=lstn,source=sp500,labels.kimd=volatility"],
        [
            "4 problems in the configuration",
            "hpo.n_trials must be greater than or equal to 1, got 0.",
            "unknown model type 'lstn'. Did you mean 'lstm'?",
            "unknown source 'sp500'.",
            "labels.kimd is not a parameter. Did you mean 'kind'?",
        ],
    ),
    (["--params", "hppo.n_trials=3"], ["hppo is not a parameter. Did you mean 'hpo'?"]),
    (["--env", "tets"], ["unknown environment 'tets'. Did you mean 'test'?"]),
    (["--pipeline", "hpoo"], ["unknown pipeline 'hpoo'. Did you mean 'hpo'?"]),
    (["--namespaces", "lst"], ["unknown namespace 'lst'. Did you mean 'lstm'?"]),
    (["--params", "assets=ZZZZ"], ["asset 'ZZZZ' is not in the source."]),
    (["--params", "folds.embargo_bars=4000"], ["folds.embargo_bars must be shorter than a validation block"]),
    (["--params", "folds.n_folds=50,folds.min_role_bars=200"], ["folds need", "bars with features and labels"]),
    (["--params", "source=csv,sources.csv.path=nowhere.csv"], ["sources.csv.path must exist, got", "nowhere.csv"]),
    (["--params", "labels.threshold=9"], ["must have both classes, got only 0"]),
    (["--params", "training.window_bars=4000"], ["with 4000 bars of history, got none", "training.window_bars"]),
    (["--params", "training.device=cuda:7"], ["training.device must be one of this machine's, got 'cuda:7'"]),
    (["--from-nodes", "clean_bras"], ["unknown node 'clean_bras'. Did you mean 'clean_bars'?"]),
    (["--params", "scenario=other"], ["scenario must be set in an environment's globals.yml, got 'other'"]),
    (["--tags", "nope"], ["unknown tag 'nope'."]),
    (["--pipeline", "retraining"], ["There is no study to retrain yet", "Run `kedro run --pipeline hpo` first."]),
]


@pytest.fixture(scope="module")
def mistakes(kedro_each):
    return kedro_each([["run", *arguments] for arguments, _ in MISTAKES])


@pytest.mark.parametrize("number", range(len(MISTAKES)), ids=lambda number: " ".join(MISTAKES[number][0]))
def test_a_mistake_ends_in_a_message_and_writes_nothing(mistakes, number):
    done, project = mistakes[number]
    assert_clean_failure(done, project, *MISTAKES[number][1])


def test_a_mistake_ends_the_process_of_a_user_in_the_same_way(kedro_process, project):
    arguments, fragments = MISTAKES[0]
    assert_clean_failure(kedro_process("run", *arguments), project, *fragments)


def test_an_unreachable_storage_is_named_without_its_password(kedro, project):
    url = "postgresql+psycopg://me:s3{cr}et@127.0.0.1:9/studies"
    done = kedro("run", TRADING_HPO_STORAGE=url)
    assert_clean_failure(done, project, "cannot be used", "***@127.0.0.1:9/studies", "TRADING_HPO_STORAGE")
    assert "s3{cr}et" not in done.stdout + done.stderr


def test_help_shows_the_examples_line_by_line(kedro_process):
    said = kedro_process("run", "--help").stdout
    assert "kedro run --namespaces lstm " in said
    assert "\\b" not in said
    assert any(line.strip().startswith("kedro run --pipeline hpo") for line in said.splitlines())


@pytest.mark.parametrize("name", ["globals", "catalog", "parameters"])
def test_a_configuration_file_that_cannot_be_read_is_a_message(kedro, project, name):
    (project / "conf" / "test" / f"{name}.yml").write_text("hpo: [\n")
    assert_clean_failure(kedro("run", "--env", "test"), project, "1 problem in the configuration", "Correct the file")


def test_a_study_of_other_conditions_is_refused_with_the_difference_and_the_ways_out(kedro, project):
    one_trial = "source=us_tech_ohlcv,hpo.n_trials=1"
    assert kedro(*SEARCH, one_trial).returncode == 0
    done = kedro(*SEARCH, f"{one_trial},hpo.seed=5")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    assert "seed: 0 -> 5" in said
    assert "--params hpo.study_name=" in said


def test_a_source_in_a_parameters_file_is_refused_because_the_catalog_would_not_see_it(kedro, project):
    (project / "conf" / "test" / "parameters_own.yml").write_text("source: nasdaq_index\n")
    assert_clean_failure(kedro("run", "--env", "test"), project, "source must be set in globals.yml")


@pytest.mark.slow
def test_one_command_goes_from_bars_to_a_report_and_a_second_one_does_nothing(kedro, project):
    began = time.monotonic()
    first = kedro("run", "--env", "test")
    assert first.returncode == 0, first.stderr
    quarters_of_a_minute = (time.monotonic() - began) / PLAIN_EVERY_S
    lines = [line for line in first.stderr.splitlines() if re.search(r"\d:\d\d", line) and "INFO" not in line]
    stages = ["data engineering", *MODEL_TYPES, "retraining", "analysis", "evaluation"]
    ends = [line for line in lines if not re.search(r" [012]/3 trials", line)]
    assert [line.split("  ")[0].split(" (")[0] for line in ends] == stages, "one line each"
    assert len(lines) <= len(stages) + quarters_of_a_minute
    assert all(len(line) < 100 for line in lines)
    root = project / "data" / "test" / "sp500_20"
    report = json.loads((root / "08_reporting" / "report.json").read_text())
    assert sorted(line["model_type"] for line in report["models"]) == sorted(MODEL_TYPES)
    assert report["holdout_looks"] == len(MODEL_TYPES)
    for line in report["models"]:
        assert line["model_type"] in first.stdout
        study = optuna.load_study(study_name=line["study_name"], storage=f"sqlite:///{root / '06_models/studies.db'}")
        assert len(study.trials) == 3
        assert study.best_value == line["validation"]
        results = json.loads((root / "07_model_output" / f"hpo_results_{line['model_type']}.json").read_text())
        assert results["best"]["params"] == study.best_params
        assert (root / "06_models" / line["model_type"] / "network.safetensors").exists()
    combined = json.loads((root / "07_model_output" / "hpo_combined_results.json").read_text())
    assert combined["overall_best"]["value"] == max(line["validation"] for line in report["models"])
    assert len(pd.read_parquet(root / "07_model_output" / "trials_mlp.parquet")) == 3
    assert first.stdout.splitlines()[-1] == "Report: data/test/sp500_20/08_reporting/report.html"
    page, text = ((root / "08_reporting" / name).read_text() for name in ("report.html", "report.txt"))
    assert page.startswith("<!DOCTYPE html>")
    assert f"{combined['overall_best']['model_type']}, trial {combined['overall_best']['trial_number']}" in text

    times = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    second = kedro("run", "--env", "test")
    assert second.returncode == 0, second.stderr
    said = [line for line in second.stderr.splitlines() if "up to date" in line]
    assert len(said) == len(MODEL_TYPES)
    assert not re.search(r"^(data engineering|analysis|retraining|evaluation) ", second.stderr, re.MULTILINE)
    rewritten = {
        path.name for path, before in times.items() if path.stat().st_mtime_ns != before and path.suffix != ".lock"
    }
    # Only what says where the live studies are and what they have spent is written again, with the same words.
    live = {f"{name}_{model}.json" for name in ("study", "search_summary") for model in MODEL_TYPES}
    assert {name for name in rewritten if not name.startswith("studies.db")} <= live
    assert json.loads((root / "08_reporting" / "report.json").read_text()) == report


@pytest.mark.slow
@pytest.mark.long(part="routes")
def test_one_namespace_runs_one_model_type_through_all_stages_on_a_fresh_clone(kedro_process, project):
    done = kedro_process(
        "run", "--env", "test", "--namespaces", "mlp", "--params", "source=us_tech_ohlcv,hpo.n_trials=2"
    )
    assert done.returncode == 0, done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert "Samples: train " in said
    assert "fewest GOOG" in said
    assert "GOOG: no train sample in a fold that" in said  # listed in 2004
    root = project / "data" / "test" / "us_tech_ohlcv"
    samples = pd.read_csv(root / "05_model_input" / "samples.csv")
    assert set(samples["asset"]) == {"AAPL", "GOOG", "IBM", "MSFT"}
    assert json.loads((root / "08_reporting" / "holdout_mlp.json").read_text())["looks_so_far"] == 1
    assert not (root / "06_models" / "lstm").exists()


@pytest.mark.slow
def test_a_model_type_left_out_is_skipped_by_name(kedro, project):
    done = kedro("run", "--env", "test", "--params", "hpo.models_to_optimize=mlp,hpo.n_trials=2,labels.kind=volatility")
    assert done.returncode == 0, done.stderr
    others = [name for name in MODEL_TYPES if name != "mlp"]
    assert f"Skipped: {', '.join(others)}" in done.stdout
    results = project / "data/test/sp500_20/07_model_output/hpo_combined_results.json"
    assert json.loads(results.read_text())["skipped"] == others


@pytest.mark.slow
def test_a_users_own_file_is_searched_by_changing_one_parameter(kedro, project):
    days = pd.date_range("2012-01-02", periods=1500, freq="B")
    rows = [
        {"date": day.date(), "symbol": symbol, "price": 100 * (1 + step * 0.0003) + (number * step) % 7}
        for symbol, step in (("AAA", 1), ("BBB", 3))
        for number, day in enumerate(days)
    ]
    (project / "own.csv").write_text(pd.DataFrame(rows).to_csv(index=False))
    (project / "conf" / "local").mkdir(exist_ok=True)
    (project / "conf" / "local" / "globals.yml").write_text(
        "sources: {csv: {path: own.csv, columns: {timestamp: date, asset: symbol, close: price}}}\n"
    )
    done = kedro(
        "run", "--namespaces", "mlp", "--params", "source=csv,hpo.n_trials=1,training.epochs=1,labels.kind=direction"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((project / "data/base/csv/07_model_output/hpo_results_mlp.json").read_text())
    assert found["study_name"] == "base-csv-direction1.mlp"
