"""A reference as an MLflow model: it needs scikit-learn and no torch."""

import shutil
from pathlib import Path

import mlflow
import numpy as np
import pytest
from tests.families.tabular.test_fold import PARAMETERS
from tests.makers.panels import planted_panel
from tests.tracking.test_network_models import answer_of

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import FinalData
from trading_hpo.families.tabular.model import train_final
from trading_hpo.tracking.networks import log_network
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange

LENGTH = 4
pytestmark = pytest.mark.long(part="servers")


@pytest.fixture(scope="module", params=PARAMETERS)
def logged(request, empty_store, tmp_path_factory):
    panel = planted_panel()
    rows = panel.rows((BarRange(0, 300),), LENGTH)
    data = FinalData(
        request.param, panel, rows[:-50], rows[-50:], TrainingConfig(window_bars=LENGTH), BacktestConfig(), 0
    )
    model = train_final(data, PARAMETERS[request.param], {"study_name": "base", "trial_number": 7, "metric": "mcc"})
    folder, before = tmp_path_factory.mktemp("models"), mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{shutil.copy(empty_store, folder)}")
    experiment = mlflow.create_experiment("references", (folder / "artifacts").as_uri())
    with mlflow.start_run(experiment_id=experiment):
        uri = log_network(model, panel)
    kept = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path_factory.mktemp("model"))))
    yield panel, model, uri, kept
    mlflow.set_tracking_uri(before)


def test_a_loaded_model_scores_windows_with_the_bits_of_the_panel(logged):
    panel, model, uri, _ = logged
    rows = panel.rows((BarRange(400, 410),), LENGTH)
    windows = panel.features[rows[:, None] + np.arange(1 - LENGTH, 1)]
    scored = mlflow.pyfunc.load_model(uri).predict({"windows": windows, "asset": panel.asset[rows]})
    forecast = model.forecast(panel, rows)
    assert scored["score"].tolist() == forecast.score.tolist()
    assert scored["forecast"].tolist() == forecast.expected.tolist()
    assert scored["called"].tolist() == model.decision.calls(forecast).tolist()


def test_it_says_what_it_was_made_for(logged):
    _, model, uri, _ = logged
    known = mlflow.models.get_model_info(uri).metadata
    assert known["model_type"] == model.card["model_type"]
    assert known["window_bars"] == LENGTH
    assert known["scaler"]["mean"] == model.scaling["mean"]


def test_it_loads_where_its_requirements_alone_are_and_they_have_no_torch(logged, tmp_path):
    folder = logged[3]
    names = [line.partition("==")[0] for line in (folder / "requirements.txt").read_text().split()]
    assert "torch" not in names
    script = f"""
only_with({names!r})
import mlflow
model = mlflow.pyfunc.load_model({str(folder)!r})
scores = model.predict(model.input_example)["score"].tolist()
import trading_hpo
print(json.dumps([trading_hpo.__file__, len(scores), "torch" in sys.modules]))
"""
    where, n_scores, has_torch = answer_of(script, tmp_path)
    assert folder in Path(where).parents
    assert (n_scores, has_torch) == (2, False)


def test_no_file_of_the_model_is_a_pickle(logged):
    endings = {path.suffix for path in logged[3].rglob("*") if path.is_file()}
    assert not endings & {".pkl", ".pickle", ".joblib", ".pt", ".pth"}
    assert ".safetensors" in endings
