"""What belongs to a process ends with it."""

import subprocess
import sys
import textwrap

from trading_hpo.tracking.locks import alive, close_dead_runs, held


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    with held(tmp_path / "lock") as first, held(tmp_path / "lock") as second:
        assert (first, second) == (True, False)
    with held(tmp_path / "lock") as again:
        assert again


def test_a_run_whose_process_was_killed_is_ended_by_the_next_and_a_live_one_is_not(client, experiment, store, tmp_path):
    dead, live = (client.create_run(experiment).info.run_id for _ in range(2))
    script = f"""
        import os, signal
        from pathlib import Path
        from mlflow import MlflowClient
        from trading_hpo.tracking.locks import alive
        with alive(MlflowClient("sqlite:///{store}"), "{dead}", Path("{tmp_path}")):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    assert subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False).returncode == -9
    with alive(client, live, tmp_path):
        close_dead_runs(client, experiment, tmp_path)
        assert client.get_run(dead).info.status == "KILLED"
        assert client.get_run(live).info.status == "RUNNING"
