"""A server that is dead, slow or broken costs no trial; what it missed it gets with the next run, once."""

import re
import sqlite3
import time
from pathlib import Path

import mlflow
import optuna
import pytest
from mlflow import MlflowClient
from optuna.trial import TrialState
from tests.makers.processes import free_port
from tracking_servers import failing_server, hanging_server, real_server, refusing_server

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.study.reference import StudyRef
from trading_hpo.tracking.environment import Places
from trading_hpo.tracking.server_sync import ORIGINAL, SENT_TO, ServerSync
from trading_hpo.tracking.trials import TrialMirror

pytestmark = pytest.mark.slow
REAL = pytest.mark.long(part="servers")

NAME = "test-us_tech_ohlcv-direction1"
RUN = ["run", "--env", "test", "--namespaces", "mlp", "--params", "source=us_tech_ohlcv,hpo.workers=1,hpo.n_trials="]
BROKEN = {"refuses": refusing_server, "hangs": hanging_server, "answers 500": failing_server}
SOURCE = "us_tech_ohlcv"


def search(kedro, n_trials, server):
    return kedro(*RUN[:-1], f"{RUN[-1]}{n_trials}", MLFLOW_TRACKING_URI=server, MLFLOW_HTTP_REQUEST_TIMEOUT="2")


def said(done) -> str:
    """What a command printed, without the places in the source that the log puts at the end of lines."""
    return " ".join(re.sub(r"\s+\w+\.py:\d+", " ", done.stdout + done.stderr).split())


def trials(project: Path):
    storage = f"sqlite:///{project / 'data/test' / SOURCE / '06_models/studies.db'}"
    return optuna.load_study(study_name=f"{NAME}.mlp", storage=StudyStorage(storage).open()).get_trials()


def on_server(uri: str):
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name(NAME)
    assert experiment is not None
    return client.search_runs([experiment.experiment_id])


@REAL
def test_runs_are_copied_whole_and_once(client, experiment, store, tmp_path):
    parent = client.create_run(experiment, run_name="pipeline")
    child = client.create_run(experiment, tags={"mlflow.parentRunId": parent.info.run_id}, run_name="mlp 0")
    for step, value in enumerate((0.1, 0.2, 0.3)):
        client.log_metric(child.info.run_id, "mcc", value, step=step)
    for number in range(250):
        client.log_param(parent.info.run_id, f"p{number}", number)
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    client.log_artifact(parent.info.run_id, str(tmp_path / "table.csv"), "results")
    for run in (child, parent):
        client.set_terminated(run.info.run_id)
    (tmp_path / "server").mkdir()
    with real_server(tmp_path / "server", free_port()) as uri:
        places = Places(f"sqlite:///{store}", tmp_path, uri)
        for _ in range(2):
            sync = ServerSync(places)
            sync.start()
            assert sync.stop(60) == 0
        there = MlflowClient(uri)
        copies = there.search_runs([there.get_experiment_by_name("searches").experiment_id])
        assert len(copies) == 2
        by_name = {run.info.run_name: run for run in copies}
        copied_parent, copied_child = by_name["pipeline"], by_name["mlp 0"]
        assert copied_child.data.tags["mlflow.parentRunId"] == copied_parent.info.run_id
        history = there.get_metric_history(copied_child.info.run_id, "mcc")
        assert sorted((point.step, point.value) for point in history) == [(0, 0.1), (1, 0.2), (2, 0.3)]
        assert len(copied_parent.data.params) == 250
        assert [run.info.status for run in copies] == ["FINISHED", "FINISHED"]
        assert [file.path for file in there.list_artifacts(copied_parent.info.run_id, "results")] == [
            "results/table.csv"
        ]
        # Two syncs at once: one sends, and what somebody deleted over there blocks nothing behind it.
        more = [client.create_run(experiment, run_name=f"mlp {number}").info.run_id for number in (1, 2, 3)]
        for run_id in more:
            client.set_terminated(run_id)
        there.delete_run(copied_child.info.run_id)
        client.delete_tag(child.info.run_id, SENT_TO)
        syncs = [ServerSync(places), ServerSync(places)]
        for sync in syncs:
            sync.start()
        assert [sync.stop(60) for sync in syncs] == [0, 0]
        copies = there.search_runs([there.get_experiment_by_name("searches").experiment_id])
        assert len(copies) == len({run.data.tags[ORIGINAL] for run in copies}) == 5
        # Stopped after the copy and before the note: the copy is found again by its original.
        client.delete_tag(child.info.run_id, SENT_TO)
        sync = ServerSync(places)
        sync.start()
        assert sync.stop(60) == 0
        copies = there.search_runs([there.get_experiment_by_name("searches").experiment_id])
        assert len(copies) == len({run.data.tags[ORIGINAL] for run in copies}) == 5
        assert len(there.get_metric_history(copied_child.info.run_id, "mcc")) == 3


@REAL
def test_a_server_knows_which_run_is_the_best_now(client, experiment, store, tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    study = optuna.create_study(storage=storage.open(), study_name="searches.mlp", direction="maximize")
    study.set_user_attr("study_id", "abc")
    (tmp_path / "server").mkdir()
    with real_server(tmp_path / "server", free_port()) as uri:
        places = Places(f"sqlite:///{store}", tmp_path, uri)
        sync = ServerSync(places)
        sync.start()
        parent = client.create_run(experiment, run_name="pipeline")
        mirror = TrialMirror(client, experiment, parent.info.run_id, StudyRef("searches.mlp", storage), sync.take)
        for value in (0.1, 0.3, 0.2):
            study.add_trial(optuna.trial.create_trial(value=value))
            mirror.catch_up()
        assert sync.stop(60) == 0
        there = MlflowClient(uri)
        copies = there.search_runs([there.get_experiment_by_name("searches").experiment_id], "tags.study != ''")
    marks = {run.info.run_name: run.data.tags["best"] for run in copies}
    assert marks == {"mlp trial 0": "false", "mlp trial 1": "true", "mlp trial 2": "false"}


@REAL
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_server_costs_no_trial_and_gets_everything_with_the_next_run(kedro, project, tmp_path, how):
    port = free_port()
    with BROKEN[how](port) as server:
        started = time.monotonic()
        done = search(kedro, 2, server.replace("http://", "http://me:s3cr3t@"))
        assert done.returncode == 0, done.stderr
        assert said(done).count("does not take runs") == 1
        assert "s3cr3t" not in done.stdout + done.stderr
        assert time.monotonic() - started < 240  # for which MLflow by itself waits before it gives up one call
    assert [trial.state for trial in trials(project)] == [TrialState.COMPLETE] * 2
    (tmp_path / "server").mkdir()
    with real_server(tmp_path / "server", port) as server:
        done = search(kedro, 3, server.replace("http://", "http://me:s3cr3t@"))
        assert done.returncode == 0, done.stderr
        assert "s3cr3t" not in done.stdout + done.stderr
        assert "does not take runs" not in said(done)
        found = on_server(server)
        children = [run for run in found if "mlflow.parentRunId" in run.data.tags]
        parents = [run for run in found if "mlflow.parentRunId" not in run.data.tags]
        assert sorted(run.data.tags["slot"] for run in children) == ["0", "1", "2"]
        assert len(parents) == 2
        values = {int(run.data.tags["slot"]): run.data.metrics["mcc"] for run in children}
        assert values == {trial.number: trial.user_attrs["metrics"]["mcc"] for trial in trials(project)}
        assert all(len(run.data.metrics) > 30 for run in children)
        first = min(parents, key=lambda run: run.info.start_time)
        assert first.data.params["hpo.n_trials"] == "2"
        # The final network came along, and loads from the server.
        mlflow.set_tracking_uri(server)
        names = [file.path for file in MlflowClient(server).list_artifacts(first.info.run_id)]
        assert {"figures", "results", "networks", "mlp_network"} <= set(names)
        local = mlflow.artifacts.download_artifacts(run_id=first.info.run_id, artifact_path="mlp_network")
        model = mlflow.pyfunc.load_model(local)
        assert len(model.predict(model.input_example)) == 2


@pytest.mark.long(part="secrets")
def test_no_secret_is_in_any_table_of_the_store(kedro_process, project):
    secrets = {
        "MLFLOW_TRACKING_URI": "http://me:s3cr3t-one@127.0.0.1:9/?token=s3cr3t-two",
        "MLFLOW_TRACKING_PASSWORD": "s3cr3t-three",
    }
    done = kedro_process(*RUN[:-1], f"{RUN[-1]}1", **secrets)
    assert done.returncode == 0, done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    with sqlite3.connect(project / "data/test/mlflow.db") as connection:
        dump = "\n".join(connection.iterdump())
    assert "mcc_std" in dump
    assert "s3cr3t" not in dump
    for path in (project / "data").rglob("*"):
        if path.is_file() and path.suffix not in {".db", ".safetensors"}:
            assert b"s3cr3t" not in path.read_bytes(), path


@REAL
def test_a_run_that_the_server_refuses_is_left_out_and_the_others_are_sent(client, experiment, store, tmp_path, caplog):
    refused, sent = (client.create_run(experiment, run_name=name).info.run_id for name in ("refused", "sent"))
    client.log_param(refused, "a", "1")
    for run_id in (refused, sent):
        client.set_terminated(run_id)
    (tmp_path / "server").mkdir()
    with real_server(tmp_path / "server", free_port()) as uri:
        there = MlflowClient(uri)
        copy = there.create_run(there.create_experiment("searches"), tags={ORIGINAL: refused})
        there.log_param(copy.info.run_id, "a", "2")  # a parameter cannot be changed
        sync = ServerSync(Places(f"sqlite:///{store}", tmp_path, uri))
        sync.start()
        assert sync.stop(60) == 0
        assert "refuses a run" in caplog.text
        names = {run.info.run_name for run in there.search_runs([copy.info.experiment_id])}
    assert "sent" in names
    assert SENT_TO in client.get_run(sent).data.tags
    assert SENT_TO not in client.get_run(refused).data.tags


def test_an_artefact_that_cannot_be_logged_costs_a_warning_and_the_run_ends_as_it_went(kedro, project):
    (project / "data/test/mlflow").mkdir(parents=True)
    (project / "data/test/mlflow" / NAME).touch()  # a file where the folder of the experiment should be
    done = kedro("run", "--env", "test", "--pipeline", "data_engineering", "--params", f"source={SOURCE}")
    assert done.returncode == 0, done.stderr
    assert "MLflow tracking is off for the rest of this run" in said(done)
    assert (project / f"data/test/{SOURCE}/05_model_input/folds.csv").exists()
    failed = kedro("run", "--env", "test", "--pipeline", "retraining", "--params", "source=nasdaq_index")
    assert failed.returncode == 1
    with sqlite3.connect(project / "data/test/mlflow.db") as connection:
        ended = [status for (status,) in connection.execute("select status from runs order by start_time")]
    assert ended == ["FINISHED"], "a run that was refused is not on record"
    assert not list((project / "data/test/mlflow").glob("????????*.lock")), "a run's lock outlived it"


def test_a_server_that_is_none_is_refused_before_anything_runs(kedro, project):
    done = kedro("run", "--env", "test", MLFLOW_TRACKING_URI="htps://me:s3cr3t@host:5000")
    assert done.returncode == 1
    assert "MLFLOW_TRACKING_URI must be http://..., https://... or databricks, got 'htps://host:5000'" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
    assert not (project / "data").exists()
