"""What `kedro run` refuses leaves the project's folder as it was, file by file and folder by folder."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.makers.projects import FINISHED_PARAMETERS, FINISHED_SOURCE, new_project

TEST = ("run", "--env", "test")
ROOT = f"data/test/{FINISHED_SOURCE}"
ONE = f"{FINISHED_PARAMETERS},hpo.models_to_optimize=mlp"


def tree(project: Path, but: tuple[str, ...] = ("-wal", "-shm")) -> dict[str, str]:
    """Every folder, and every file with a digest of its content, but those of SQLite while a process is alive."""
    return {
        path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(project.rglob("*"))
        if not (but and path.name.endswith(but))
        and ".viz" not in path.parts  # Kedro-Viz's own cache, which git ignores
    }


def bars(*lines: str) -> Callable[[Path], None]:
    """A file of bars."""

    def write(project: Path) -> None:
        (project / "bars.csv").write_text("\n".join(["timestamp,asset,close", *lines]) + "\n")

    return write


def settings(name: str, text: str) -> Callable[[Path], None]:
    def write(project: Path) -> None:
        (project / "conf/test" / name).write_text(text)

    return write


def no_database(project: Path) -> None:
    path = project / ROOT / "06_models/studies.db"
    path.parent.mkdir(parents=True)
    path.write_text("no database")


def nothing(_project: Path) -> None:
    """Leave the project as it is."""


CSV = "source=csv,sources.csv.path=bars.csv"
DAY = "2020-01-02,A,1.0"
# What is done to a fresh project, the options, the environment, what is said.
REFUSED: dict[str, tuple[Callable[[Path], None], list[str], dict[str, str], str]] = {
    "a parameter of the wrong kind": (nothing, ["--params", "hpo.n_trials=0"], {}, "hpo.n_trials must be"),
    "two contradicting parameters": (nothing, ["--params", "hpo.seed=1,hpo.seed=2"], {}, "hpo.seed one value"),
    "an option twice": (
        nothing,
        ["--params", "hpo.seed=1", "--params", "hpo.n_trials=3"],
        {},
        "--params must be given once",
    ),
    "both words for a pipeline": (nothing, ["--pipeline", "hpo", "--pipelines", "hpo"], {}, "mean the same"),
    "an unknown environment": (nothing, ["--env", "tets"], {}, "unknown environment"),
    "an unknown tag beside a known one": (nothing, ["--tags", "mlp,nope"], {}, "unknown tag 'nope'"),
    "an unknown dataset": (nothing, ["--to-outputs", "panels"], {}, "unknown dataset 'panels'. Did you mean 'panel'?"),
    "a selection of nothing": (
        nothing,
        ["--from-nodes", "combine_results", "--to-nodes", "clean_bars"],
        {},
        "--from-nodes --to-nodes must select a node",
    ),
    "a version of what has none": (nothing, ["--load-versions", "bars:2020-01-01T00.00.00.000Z"], {}, "keep versions"),
    "an unknown source": (nothing, ["--params", "source=sp500"], {}, "unknown source"),
    "an unknown asset": (nothing, ["--params", "assets=ZZZZ"], {}, "asset 'ZZZZ' is not in the source"),
    "a device that is not there": (nothing, ["--params", "training.device=cuda:7"], {}, "training.device must be"),
    "a window without history": (nothing, ["--params", "training.window_bars=9000"], {}, "9000 bars of history"),
    "labels of one class": (nothing, ["--params", "labels.threshold=9"], {}, "must have both classes"),
    "folds that do not fit": (nothing, ["--params", "folds.n_folds=50,folds.min_role_bars=900"], {}, "folds need"),
    "a teacher that is not there": (
        nothing,
        ["--params", "hpo.warm_start=[nowhere.mlp],hpo.models_to_optimize=mlp"],
        {},
        "unknown study 'nowhere.mlp'",
    ),
    "a stage without the one before": (nothing, ["--pipeline", "retraining"], {}, "There is no study to retrain yet"),
    "a file that is not there": (nothing, ["--params", CSV], {}, "sources.csv.path must exist"),
    "a file without bars": (bars(), ["--params", CSV], {}, "bars.csv"),
    "a price that is none": (bars(DAY, "2020-01-03,A,-1.0"), ["--params", CSV], {}, "close"),
    "a bar twice": (bars(DAY, DAY), ["--params", CSV], {}, "2020-01-02"),
    "too few bars": (bars(DAY, "2020-01-03,A,2.0"), ["--params", CSV], {}, "problem"),
    "a parameters file that cannot be read": (settings("parameters.yml", "hpo: [\n"), [], {}, "Correct the file"),
    "a catalog that cannot be read": (settings("catalog.yml", "a: [\n"), [], {}, "Correct the file"),
    "a storage that does not answer": (
        nothing,
        [],
        {"TRADING_HPO_STORAGE": "postgresql+psycopg://me@127.0.0.1:9/studies"},
        "cannot be used",
    ),
    "a storage that is none": (
        nothing,
        [],
        {"TRADING_HPO_STORAGE": "studies"},
        "TRADING_HPO_STORAGE must be a URL such as",
    ),
    "a database that is none": (
        no_database,
        ["--params", f"source={FINISHED_SOURCE}"],
        {},
        "cannot be read as a study database",
    ),
    "a tracking server that is none": (
        nothing,
        [],
        {"MLFLOW_TRACKING_URI": "htps://host"},
        "MLFLOW_TRACKING_URI must be",
    ),
}


@pytest.mark.slow
def test_what_is_refused_leaves_a_fresh_project_as_it_was(kedro_in, tmp_path_factory):
    for name, (prepare, options, environment, said) in REFUSED.items():
        project = new_project(tmp_path_factory.mktemp("refused") / "project")
        prepare(project)
        before = tree(project)
        own = () if "--env" in options else ("--env", "test")
        done = kedro_in(project, "run", *own, *options, **environment)
        spoken = " ".join((done.stdout + done.stderr).split())
        assert done.returncode != 0, name
        assert said in spoken, (name, spoken)
        assert "Traceback" not in spoken, name
        assert tree(project) == before, name


def edited(project: Path) -> None:
    path = project / ROOT / "07_model_output/hpo_results_mlp.json"
    results = json.loads(path.read_text())
    results["best"]["value"] += 1
    path.write_text(json.dumps(results))


def of_another_program(project: Path) -> None:
    with sqlite3.connect(project / ROOT / "06_models/studies.db") as connection:
        connection.execute("delete from study_user_attributes where key = 'fingerprint'")
    connection.close()


REFUSED_AFTERWARDS: dict[str, tuple[Callable[[Path], None], list[str], str]] = {
    "a study of another seed": (nothing, ["--params", f"{ONE},hpo.seed=5"], "seed: 0 -> 5"),
    "a study of other data": (nothing, ["--params", f"{ONE},labels.threshold=0.002"], "made under other conditions"),
    "a new model type beside a study of other conditions": (
        nothing,
        ["--params", f"{FINISHED_PARAMETERS},hpo.models_to_optimize=[lstm],hpo.warm_start=[nowhere.lstm]"],
        "unknown study 'nowhere.lstm'",
    ),
    "all model types, of which one study is of other conditions": (
        nothing,
        ["--params", f"{FINISHED_PARAMETERS},hpo.seed=5"],
        "seed: 0 -> 5",
    ),
    "a study of another program": (of_another_program, ["--params", ONE], "was not made by this project"),
    # Of the model type alone: others, of which there is no study, are noted as left out before it is their turn.
    "another seed for retraining": (
        nothing,
        ["--pipeline", "retraining", "--namespaces", "mlp", "--params", f"{ONE},hpo.seed=5"],
        "hpo.seed",
    ),
    "an edited file of results": (edited, ["--pipeline", "retraining", "--params", ONE], "got other content"),
}


@pytest.mark.slow
@pytest.mark.long(part="routes")
def test_what_is_refused_leaves_a_finished_project_as_it_was(kedro, kedro_process, finished, finished_project):
    whole = tree(finished, but=())
    assert kedro_process(*TEST, "--params", f"{FINISHED_PARAMETERS},hpo.seed=5").returncode == 1
    assert tree(finished, but=()) == whole
    for name, (change, options, said) in REFUSED_AFTERWARDS.items():
        change(finished)
        before = tree(finished)
        done = kedro(*TEST, *options)
        spoken = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1, (name, spoken)
        assert said in spoken, (name, spoken)
        assert tree(finished) == before, name
        if change is not nothing:
            for path in (finished / ROOT).rglob("*"):
                whole = finished_project / path.relative_to(finished)
                if path.is_file() and whole.exists():
                    path.write_bytes(whole.read_bytes())


@pytest.mark.slow
def test_what_a_run_saves_before_it_is_on_record_is_logged_all_the_same(finished):
    (logged,) = (finished / "data/test/mlflow").rglob("folds.csv")
    assert logged.read_bytes() == (finished / ROOT / "05_model_input/folds.csv").read_bytes()


@pytest.mark.slow
def test_what_killed_runs_have_left_goes_with_the_next_run(kedro, finished):
    dead, long_ago = 2**22 + 1, 1_000_000_000  # more processes than Linux has
    left = [f"stamps.json.{dead}.part", f"05_model_input/folds.csv.before.{dead}", "06_models/studies.db.gone.mlp.lock"]
    for name in left:
        (finished / ROOT / name).touch()
        os.utime(finished / ROOT / name, (long_ago, long_ago))
    (finished / "data/test/mlflow/tables.lock").touch()
    done = kedro(*TEST, "--namespaces", "mlp", "--params", FINISHED_PARAMETERS)
    assert done.returncode == 0, done.stderr
    assert not [path for path in (finished / "data").rglob("*") if path.name.endswith((".lock", ".part", str(dead)))]
