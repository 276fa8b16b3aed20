"""A final network as an MLflow model: loadable, with signature and example, without pickle."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.scoring_server import invocations
from mlflow.utils import environment, requirements_utils
from tests.makers.panels import planted_panel

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData
from trading_hpo.families.networks.final import train_final
from trading_hpo.tracking.networks import log_network
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange

LENGTH = 4
FEATURES = ["signal", "noise_1", "noise_2"]


@pytest.fixture(scope="module")
def logged(empty_store, tmp_path_factory):
    """A panel, a network of it, and the URI of its model; made once, since tests only read them."""
    panel = planted_panel()
    rows = panel.rows((BarRange(0, 300),), LENGTH)
    training = TrainingConfig(epochs=2, window_bars=LENGTH, max_windows_per_epoch=64)
    data = FinalData("mlp", panel, rows[:-50], rows[-50:], training, BacktestConfig(), 0)
    card = {"study_name": "base.mlp", "trial_number": 7, "metric": "mcc"}
    network = train_final(data, {"hidden_dim_1": 8, "asset_embedding_dim": 2}, card)
    folder, before = tmp_path_factory.mktemp("models"), mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{shutil.copy(empty_store, folder)}")
    experiment = mlflow.create_experiment("networks", (folder / "artifacts").as_uri())
    with mlflow.start_run(experiment_id=experiment):
        uri = log_network(network, panel)
    yield panel, network, uri
    mlflow.set_tracking_uri(before)


@pytest.fixture(scope="module")
def model(logged):
    return mlflow.pyfunc.load_model(logged[2])


@pytest.fixture(scope="module")
def folder(logged, tmp_path_factory):
    return Path(mlflow.artifacts.download_artifacts(logged[2], dst_path=str(tmp_path_factory.mktemp("model"))))


@pytest.fixture(scope="module")
def windows(logged):
    """Windows of all assets, one after another, and the number of each one's asset."""
    panel = logged[0]
    rows = panel.rows((BarRange(400, 410),), LENGTH)
    return panel.features[rows[:, None] + np.arange(1 - LENGTH, 1)], panel.asset[rows]


@pytest.fixture(scope="module")
def expected(logged):
    panel, network, _ = logged
    return network.forecast(panel, panel.rows((BarRange(400, 410),), LENGTH)).score


def columns(windows, names=FEATURES):
    return {name: windows[:, :, FEATURES.index(name)] for name in names}


def record(**changes):
    return {name: [0.0] * LENGTH for name in FEATURES} | {"asset": "A0"} | changes


def test_a_loaded_model_scores_windows_as_the_network_scores_the_panel(logged, model, windows, expected):
    scored = model.predict({"windows": windows[0], "asset": windows[1]})
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-5)
    np.testing.assert_allclose(scored["forecast"], 1 / (1 + np.exp(-expected)), rtol=1e-5)
    assert scored["called"].tolist() == (expected > logged[1].decision.threshold).tolist()


@pytest.mark.parametrize("values", ["float32", "float64"])
@pytest.mark.parametrize("numbers", ["int32", "int64"])
def test_windows_and_assets_may_have_any_type_of_number(model, windows, expected, values, numbers):
    scored = model.predict({"windows": windows[0].astype(values), "asset": windows[1].astype(numbers)})
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-5)


def test_features_and_assets_are_found_by_name_in_any_order(logged, model, windows, expected):
    names = np.array(logged[0].assets)[windows[1]]
    arrays = {"noise_2": None, "asset": names, "unknown": names, "noise_1": None, "signal": None}
    arrays |= columns(windows[0], ["noise_2", "signal", "noise_1"])
    with_numbers = model.predict(arrays | {"asset": windows[1]})
    np.testing.assert_allclose(model.predict(arrays)["score"], expected, rtol=1e-5)
    np.testing.assert_allclose(with_numbers["score"], expected, rtol=1e-5)
    table = pd.DataFrame({name: list(values) for name, values in arrays.items()}, index=range(5, 5 + len(names)))
    np.testing.assert_allclose(model.predict(table)["score"], expected, rtol=1e-5)


def test_whole_numbers_are_values_too(model):
    whole, real = (pd.DataFrame([record(signal=values)]) for values in ([3, 1, 2, 0], [3.0, 1.0, 2.0, 0.0]))
    assert model.predict(whole)["score"].tolist() == model.predict(real)["score"].tolist()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"asset": "A3"}, r"asset must be one that mlp was trained on, got 'A3' in window 1\. Did you mean 'A\d'\?"),
        ({"asset": None}, "asset must be one that mlp was trained on, got .* in window 1"),
        ({"noise_1": [0.0] * 5}, r"noise_1 must be numbers of shape \(4,\) .*, got shape \(5,\) in window 1"),
        ({"noise_1": 2.5}, r"noise_1 must be numbers of shape \(4,\) .*, got 2\.5 in window 1"),
        ({"noise_1": ["a"] * 4}, r"noise_1 must be numbers of shape \(4,\) .*, got \['a', .* in window 1"),
        ({"noise_1": [0, np.nan, 0, 0]}, "noise_1 must be finite, got nan in bar 1 of window 1 of A0"),
        ({"noise_1": [0, 0, None, 0]}, "noise_1 must be finite, got nan in bar 2 of window 1 of A0"),
        ({"noise_2": [0, 0, 0, -np.inf]}, "noise_2 must be finite, got -inf in bar 3 of window 1 of A0"),
    ],
)
def test_what_is_wrong_with_a_window_is_said_by_name(model, sent, said):
    with pytest.raises(MlflowException, match=said) as refused:
        model.predict(pd.DataFrame([record(), record(**sent), record()]))
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert str(refused.value).startswith("1 problem in the data")


def test_every_missing_feature_and_unknown_asset_is_named_at_once(model):
    table = pd.DataFrame([record(asset=name) for name in ("A0", "B", "B", "C")]).drop(columns=["signal", "noise_2"])
    with pytest.raises(MlflowException) as refused:
        model.predict(table)
    assert [line.partition(". ")[0] for line in str(refused.value).splitlines()[1:]] == [
        "  - feature signal must be there: mlp was trained on it",
        "  - feature noise_2 must be there: mlp was trained on it",
        "  - asset must be one that mlp was trained on, got 'B' in window 1",
        "  - asset must be one that mlp was trained on, got 'C' in window 3",
    ]


def test_asset_must_be_given(model, windows):
    with pytest.raises(MlflowException, match=r"missing inputs \['asset'\]"):
        model.predict(columns(windows[0]))


@pytest.mark.parametrize(
    ("shape", "asset", "said"),
    [
        ((2, LENGTH + 1, 3), [0, 1], r"windows must be numbers of shape \(4, 3\) .*, got shape \(5, 3\) in window 0"),
        ((2, LENGTH, 2), [0, 1], r"windows must be numbers of shape \(4, 3\) .*, got shape \(4, 2\) in window 0"),
        ((2, LENGTH), [0, 1], r"windows must be numbers of shape \(4, 3\) .*, got shape \(4,\) in window 0"),
        ((2, LENGTH, 3), [0, 3], "asset must be one that mlp was trained on, got 3 in window 1. Known: A0, A1, A2"),
        ((2, LENGTH, 3), [-1, 0], "asset must be one that mlp was trained on, got -1 in window 0"),
    ],
)
def test_windows_of_another_shape_and_numbers_of_no_asset_are_refused(model, shape, asset, said):
    with pytest.raises(MlflowException, match=said):
        model.predict({"windows": np.zeros(shape), "asset": np.array(asset)})


def served(model, request):
    """What the scoring server answers to a request."""
    answer = invocations(json.dumps(request), "application/json", model, model.metadata.get_input_schema())
    return pd.DataFrame(json.loads(answer.response)["predictions"])


def requests(windows, names):
    """The same windows in each form that the scoring server knows."""
    values = {name: array.tolist() for name, array in columns(windows[0], ["noise_2", "noise_1", "signal"]).items()}
    named = values | {"asset": names}
    records = pd.DataFrame(named).to_dict(orient="records")
    split = pd.DataFrame(named).to_dict(orient="split")
    return {
        "dataframe_records": records,
        "dataframe_split": {"columns": split["columns"], "data": split["data"]},
        "inputs": named,
        "instances": records,
    }


@pytest.mark.parametrize("form", ["dataframe_records", "dataframe_split", "inputs", "instances"])
def test_the_scoring_server_takes_windows_by_name(logged, model, windows, expected, form):
    names = [logged[0].assets[number] for number in windows[1]]
    scored = served(model, {form: requests(windows, names)[form]})
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-5)


def test_the_scoring_server_takes_tensors(model, windows, expected):
    scored = served(model, {"inputs": {"windows": windows[0].tolist(), "asset": windows[1].tolist()}})
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-5)


def test_the_scoring_server_says_what_it_refuses(model):
    with pytest.raises(MlflowException, match="noise_1 must be finite, got nan in bar 0 of window 0 of A1") as refused:
        served(model, {"dataframe_records": [record(noise_1=[None, 0, 0, 0], asset="A1")]})
    assert refused.value.get_http_status_code() == 400


def test_the_example_can_be_sent(model):
    assert list(model.input_example) == ["asset", *FEATURES]
    assert model.input_example["asset"].tolist() == ["A0", "A1"]
    assert len(model.predict(model.input_example)) == 2


def test_the_model_says_what_it_was_made_for(logged):
    panel, network, uri = logged
    info = mlflow.models.get_model_info(uri)
    assert info.signature.inputs.required_input_names() == ["asset"]
    assert info.signature.inputs.optional_input_names() == [*FEATURES, "windows"]
    known = dict(info.metadata)
    scaler = known.pop("scaler")
    assert known == {
        "study_name": "base.mlp",
        "trial_number": 7,
        "metric": "mcc",
        "model_type": "mlp",
        "features": FEATURES,
        "assets": ["A0", "A1", "A2"],
        "label": {"kind": "direction", "horizon_bars": 1, "threshold": 0.0},
        "bars_per_year": panel.bars_per_year,
        "window_bars": LENGTH,
    }
    assert [scaler["mean"][name] for name in FEATURES] == network.scaler.mean.tolist()
    assert [scaler["spread"][name] for name in FEATURES] == network.scaler.spread.tolist()
    assert scaler["clip_sigma"] == network.scaler.clip


def test_no_file_of_the_model_is_a_pickle(folder):
    endings = {path.suffix for path in folder.rglob("*") if path.is_file()}
    templates = {".css", ".js", ".j2"}  # of the report's page, among the code
    assert endings <= {".py", ".json", ".yaml", ".txt", ".safetensors", "", ".typed"} | templates
    assert "model_code_path" in (folder / "MLmodel").read_text()


def test_the_requirements_are_the_versions_that_trained_the_network(folder):
    pins = dict(line.split("==") for line in (folder / "requirements.txt").read_text().split())
    assert pins.keys() >= {"mlflow", "torch", "numpy", "safetensors"}
    assert pins == {name: version(name).partition("+")[0] for name in pins}


# Hides the project's own installation, and of the packages all but those in a list and what they require.
ONLY_WITH = """
import json, re, sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

class Required(PathFinder):
    others = set()
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in cls.others else super().find_spec(name, path, target)

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

def only_with(names):
    known, ahead = set(), list(names)
    while ahead:
        name = plain(ahead.pop())
        if name not in known:
            known.add(name)
            try:
                lines = [line for line in requires(name) or () if "extra ==" not in line]
            except PackageNotFoundError:  # of another platform
                continue
            ahead += [re.match("[A-Za-z0-9._-]+", line)[0] for line in lines]
    packages = {module: {plain(name) for name in of} for module, of in packages_distributions().items()}
    Required.others = {module for module, of in packages.items() if not of & known} - {"trading_hpo"}
    sys.meta_path = [BuiltinImporter, FrozenImporter, Required]
    sys.path = [path for path in sys.path if not path.endswith("/src")]
"""


def answer_of(script, cwd):
    done = subprocess.run(
        [sys.executable, "-c", ONLY_WITH + script], capture_output=True, text=True, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_logging_looks_through_no_installed_package_and_leaves_mlflow_its_check(logged, monkeypatch):
    panel, network, _ = logged
    looked: list[str] = []
    monkeypatch.setattr(requirements_utils, "_init_modules_to_packages_map", lambda: looked.append("all packages"))
    experiment = mlflow.get_experiment_by_name("networks").experiment_id
    with mlflow.start_run(experiment_id=experiment):
        log_network(network, panel)
    assert looked == []
    check = requirements_utils.warn_dependency_requirement_mismatches
    assert environment.warn_dependency_requirement_mismatches is check
    assert mlflow.pyfunc.warn_dependency_requirement_mismatches is check


def test_the_model_loads_in_a_process_that_has_its_requirements_alone(folder, tmp_path):
    names = [line.partition("==")[0] for line in (folder / "requirements.txt").read_text().split()]
    script = f"""
only_with({names!r})
import mlflow
model = mlflow.pyfunc.load_model({str(folder)!r})
import trading_hpo
scores = model.predict(model.input_example)["score"].tolist()
print(json.dumps([trading_hpo.__file__, scores]))
"""
    where, scores = answer_of(script, tmp_path)
    assert folder in Path(where).parents
    assert len(scores) == 2


def test_the_network_needs_each_of_its_requirements_and_no_other_not_even_mlflow(folder, tmp_path):
    names = [line.partition("==")[0] for line in (folder / "requirements.txt").read_text().split()]
    names.remove("mlflow")
    script = f"""
only_with({names!r})
sys.path.insert(0, {str(folder / "code")!r})
import numpy as np
from pathlib import Path
from trading_hpo.families.networks.final import TrainedNetwork
from trading_hpo.tracking import network_input
network = TrainedNetwork.load(Path({str(folder / "artifacts" / "network")!r}))
score = network.forecast_windows(np.zeros((2, {LENGTH}, 3)), np.array([0, 1])).score
print(json.dumps([len(score), [name for name in {names!r} if name not in sys.modules]]))
"""
    assert answer_of(script, tmp_path) == [2, []]
