"""Stages run one at a time with other parameters: nothing is judged on what it was trained on."""

import json
from pathlib import Path

import pytest
from tests.makers.projects import FINISHED_SOURCE

SOURCE = f"source={FINISHED_SOURCE}"


def results(project: Path) -> dict[str, bytes]:
    """What the holdout's look and the network are, by file."""
    root = project / f"data/test/{FINISHED_SOURCE}"
    kept = [root / "06_models/mlp/network.json", root / "08_reporting/holdout_mlp.json"]
    return {file.name: file.read_bytes() for file in kept}


@pytest.mark.slow
@pytest.mark.parametrize("change", ["holdout.fraction=0.35", "holdout.start=2009-06-01"])
def test_a_larger_holdout_is_not_judged_with_a_network_that_was_trained_on_it(kedro, finished, change):
    before = results(finished)
    ledger = finished / "data/holdout_ledger.jsonl"
    looks = ledger.read_bytes() if ledger.exists() else b""
    run = ("run", "--env", "test")
    moved = kedro(*run, "--pipeline", "data_engineering", "--params", f"{SOURCE},{change}")
    assert moved.returncode == 0, moved.stderr
    for stage, said in (
        ("evaluation", "it would be judged on what it was trained on or chosen by"),
        ("retraining", "its configuration was chosen on bars of the holdout"),
    ):
        done = kedro(*run, "--pipeline", stage, "--params", f"{SOURCE},{change},hpo.models_to_optimize=mlp")
        assert done.returncode != 0, done.stdout
        assert "Traceback" not in done.stderr
        assert said in " ".join(done.stderr.split()), (stage, done.stderr)
    assert results(finished) == before
    assert (ledger.read_bytes() if ledger.exists() else b"") == looks
    assert json.loads(before["holdout_mlp.json"])["samples"] > 0
