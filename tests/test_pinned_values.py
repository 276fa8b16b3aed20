"""Values that a change of the code's shape must not move: bars to holdout, on real data, as they stand in the files.

They are read from what a run writes, so the code behind it may be moved and renamed. `PINNED=write` replaces the stored
values, with a change that means to move them; `PINNED=exact` asks for every bit, on the machine that wrote them. By
default training may round differently: another processor adds in another order.
"""

import json
import math
import os
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
from safetensors.numpy import load_file

from trading_hpo.engine.store.storage import StudyStorage

pytestmark = pytest.mark.slow

STORED = Path(__file__).with_name("pinned")
HOW = os.environ.get("PINNED", "near")
DATA, TRAINED = 1e-6, 5e-3  # of what is computed from bars; of what was trained, where one row that flips counts
RUNS = {
    "direction": "source=us_tech_ohlcv,hpo.n_trials=2,hpo.workers=1",
    "volatility": "source=sp500_index,labels.kind=volatility,folds.scheme=purged_kfold,hpo.n_trials=2,hpo.workers=1",
    "forward_return": "source=nasdaq_index,labels.kind=forward_return,labels.horizon_bars=3,hpo.n_trials=1,"
    "backtest.positions=long_short,training.monitor_metric=accuracy,hpo.workers=1",
}
CLOCKED = ("seconds", "training_time_s")


def numbers_of(table: pd.DataFrame) -> dict[str, list[float]]:
    """Count, sum and sum of squares of every column of numbers."""
    columns = table.select_dtypes("number")
    return {
        name: [float(own.count()), float(own.sum()), float((own**2).sum())]
        for name, own in columns.astype("float64").items()
    }


def without_clocks(found):
    if isinstance(found, dict):
        return {key: without_clocks(value) for key, value in found.items() if key not in CLOCKED}
    return [without_clocks(value) for value in found] if isinstance(found, list) else found


def trials_of(root: Path) -> dict[str, list[dict]]:
    storage = f"sqlite:///{root / '06_models/studies.db'}"
    found = {}
    for name in optuna.get_all_study_names(storage):
        found[name] = [
            {
                "params": trial.params,
                "state": trial.state.name,
                "value": trial.value,
                "reports": {str(step): value for step, value in sorted(trial.intermediate_values.items())},
                **{key: without_clocks(trial.user_attrs.get(key)) for key in ("metrics", "spread", "folds", "cost")},
            }
            for trial in optuna.load_study(study_name=name, storage=StudyStorage(storage).open()).trials
        ]
    return found


def networks_of(root: Path) -> dict[str, dict]:
    found = {}
    for path in sorted(root.glob("06_models/*/network.safetensors")):
        description = json.loads(path.with_name("network.json").read_text())
        tensors = {
            name: tensor.astype("float64")
            for name, tensor in sorted(load_file(path).items())
            if not name.endswith(".skops")  # an archive: its forecasts are pinned
        }
        found[path.parent.name] = {
            "threshold": description["threshold"],
            "epochs": description["card"]["epochs"],
            "train_rows": description["card"]["train_rows"],
            "tensors": {name: [float(t.sum()), float(np.abs(t).sum())] for name, t in tensors.items()},
        }
    return found


def holdouts_of(root: Path) -> dict[str, dict]:
    found = {}
    for path in sorted(root.glob("08_reporting/holdout_*.json")):
        name, result = path.stem.removeprefix("holdout_"), json.loads(path.read_text())
        if "metrics" in result:
            tables = {part: pd.read_parquet(path.with_name(f"holdout_{part}_{name}.parquet")) for part in PARTS}
            found[name] = {
                **{key: result[key] for key in ("metrics", "standard_errors", "samples", "first", "last")},
                **{part: numbers_of(table) for part, table in tables.items()},
            }
    return found


PARTS = ("forecasts", "returns")


def values_of(root: Path) -> dict[str, dict]:
    """Everything that is pinned, by how near it must come."""
    folds = pd.read_csv(root / "05_model_input/folds.csv")
    baselines = json.loads((root / "08_reporting/baselines.json").read_text())
    return {
        "data": {
            "features": numbers_of(pd.read_parquet(root / "04_feature/features.parquet")),
            "labels": numbers_of(pd.read_parquet(root / "03_primary/labels.parquet")),
            "folds": folds.to_dict(orient="list"),
            "baselines": {key: baselines[key] for key in ("validation", "holdout")},
        },
        "trained": {"trials": trials_of(root), "networks": networks_of(root), "holdout": holdouts_of(root)},
    }


def differences(stored, found, tolerance: float, path: str = "") -> list[str]:
    """Each place where two nested values differ by more than the tolerance, of 1 or of themselves."""
    if isinstance(stored, dict) and isinstance(found, dict):
        lost = [f"{path}/{key}: only on one side" for key in sorted(stored.keys() ^ found.keys())]
        return lost + [
            line
            for key in sorted(stored.keys() & found.keys())
            for line in differences(*(one[key] for one in (stored, found)), tolerance, f"{path}/{key}")
        ]
    if isinstance(stored, list) and isinstance(found, list) and len(stored) == len(found):
        pairs = enumerate(zip(stored, found, strict=True))
        return [line for place, (one, other) in pairs for line in differences(one, other, tolerance, f"{path}/{place}")]
    both = [isinstance(one, int | float) and not isinstance(one, bool) for one in (stored, found)]
    if all(both) and HOW != "exact" and math.isclose(stored, found, rel_tol=tolerance, abs_tol=tolerance):
        return []
    return [] if stored == found else [f"{path}: {stored!r} -> {found!r}"]


@pytest.mark.parametrize(
    "name", ["direction", *(pytest.param(name, marks=pytest.mark.long(part="values")) for name in list(RUNS)[1:])]
)
def test_values_on_real_data_are_what_they_were(name, kedro, project):
    done = kedro("run", "--env", "test", "--params", RUNS[name])
    assert done.returncode == 0, done.stderr
    (root,) = (project / "data/test").glob("*/05_model_input")
    found = json.loads(json.dumps(values_of(root.parent)))
    path = STORED / f"{name}.json"
    if HOW == "write":
        path.write_text(json.dumps(found, indent=1) + "\n")
    stored = json.loads(path.read_text())
    assert differences(stored["data"], found["data"], DATA)[:20] == []
    assert differences(stored["trained"], found["trained"], TRAINED)[:20] == []


def test_a_moved_value_is_found():
    stored = {"a": [1.0, {"b": 2.0}], "c": "x", "d": None}
    assert differences(stored, stored, DATA) == []
    assert differences(stored, {**stored, "a": [1.0, {"b": 2.001}]}, DATA) == ["/a/1/b: 2.0 -> 2.001"]
    assert differences(stored, {**stored, "a": [1.0]}, DATA) != []
    assert differences(stored, {**stored, "c": "y", "d": 0.0}, DATA) == ["/c: 'x' -> 'y'", "/d: None -> 0.0"]
    assert differences(stored, {"a": stored["a"], "c": "x"}, DATA) == ["/d: only on one side"]
