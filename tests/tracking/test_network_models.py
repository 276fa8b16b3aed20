"""A final network as an MLflow model: loadable, with signature and example, without pickle."""

import json
import subprocess
import sys
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow.exceptions import MlflowException
from tests.makers.panels import laid_out

from trading_hpo.families.family import FinalData
from trading_hpo.families.networks.final import train_final
from trading_hpo.market.panel import open_panel
from trading_hpo.tracking.networks import log_network
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange

LENGTH = 4


@pytest.fixture
def logged(client, experiment, panel_file):
    panel = open_panel(panel_file)
    rows = panel.rows((BarRange(0, 300),), LENGTH)
    folds = [{"stopped_epoch": 1}]
    training = TrainingConfig(window_bars=LENGTH, max_windows_per_epoch=64)
    data = FinalData("mlp", panel, rows, rows[-50:], training, 0)
    network = train_final(data, {"hidden_dim_1": 8}, folds, {"metric": "mcc"})
    with mlflow.start_run(experiment_id=experiment):
        return panel, network, log_network(network, panel)


def test_a_loaded_model_scores_windows_as_the_network_scores_the_panel(logged):
    panel, network, uri = logged
    model = mlflow.pyfunc.load_model(uri)
    rows = panel.rows((BarRange(400, 410),), LENGTH)
    asset, bar = panel.asset[rows], panel.bar[rows]
    windows = np.stack(
        [laid_out(panel, "features")[a, b - LENGTH + 1 : b + 1] for a, b in zip(asset, bar, strict=True)]
    )
    scored = model.predict({"windows": windows, "asset": asset.astype("int64")})
    expected = network.forecast(panel, rows).score
    np.testing.assert_allclose(scored["score"], expected, rtol=1e-5)
    np.testing.assert_allclose(scored["forecast"], 1 / (1 + np.exp(-expected)), rtol=1e-5)
    assert scored["called"].tolist() == (expected > network.decision.threshold).tolist()


def test_the_signature_refuses_windows_of_another_shape(logged):
    _, _, uri = logged
    model = mlflow.pyfunc.load_model(uri)
    wrong = {"windows": np.zeros((2, LENGTH + 1, 3), dtype="float32"), "asset": np.zeros(2, dtype="int64")}
    with pytest.raises(MlflowException, match="shape"):
        model.predict(wrong)
    assert len(model.predict(model.input_example)) == 2


def test_no_file_of_the_model_is_a_pickle(logged, tmp_path):
    _, _, uri = logged
    (tmp_path / "model").mkdir()
    folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path / "model")))
    endings = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert endings <= {".py", ".json", ".yaml", ".txt", ".safetensors", "", ".typed"}
    assert "model_code_path" in (folder / "MLmodel").read_text()


def test_the_model_loads_in_a_process_that_has_not_installed_the_project(logged, tmp_path):
    _, _, uri = logged
    folder = mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path))
    script = f"""
import sys, json
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
sys.path = [path for path in sys.path if not path.endswith("/src")]
import mlflow
model = mlflow.pyfunc.load_model({folder!r})
import trading_hpo
print(json.dumps([trading_hpo.__file__, model.predict(model.input_example)["score"].tolist()]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    where, scores = json.loads(done.stdout.splitlines()[-1])
    assert Path(folder) in Path(where).parents
    assert len(scores) == 2
