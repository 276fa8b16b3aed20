"""A project that was moved writes its artefacts where it is now."""

import subprocess
import sys
from pathlib import Path

from mlflow import MlflowClient

from trading_hpo.tracking.relocation import relocate


def test_a_moved_store_finds_its_artefacts_and_writes_none_to_the_old_place(store, client, tmp_path):
    old, new = tmp_path / "old" / "mlflow", tmp_path / "new" / "mlflow"
    experiment = client.create_experiment("searches", (old / "searches").as_uri())
    elsewhere = client.create_experiment("other", "s3://bucket/other")
    run_id = client.create_run(experiment).info.run_id
    (tmp_path / "table.csv").write_text("a")
    client.log_artifact(run_id, str(tmp_path / "table.csv"))
    (tmp_path / "old").rename(tmp_path / "new")
    for _ in range(2):
        relocate(store, new)
    moved = MlflowClient(f"sqlite:///{store}")
    assert moved.get_experiment(experiment).artifact_location == (new / "searches").as_uri()
    assert moved.get_experiment(elsewhere).artifact_location == "s3://bucket/other"
    # MLflow keeps the place of a run's artefacts for as long as a process lives: another one asks.
    script = f"""
from mlflow import MlflowClient
client = MlflowClient("sqlite:///{store}")
assert [file.path for file in client.list_artifacts("{run_id}")] == ["table.csv"]
client.log_artifact("{run_id}", "{tmp_path / "table.csv"}", "again")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "old").exists()
    assert list(new.rglob("again/table.csv"))


def test_a_store_that_is_not_there_yet_or_empty_is_left_alone(tmp_path):
    relocate(tmp_path / "absent.db", tmp_path)
    assert not (tmp_path / "absent.db").exists()
    Path(tmp_path / "empty.db").touch()
    relocate(tmp_path / "empty.db", tmp_path)
