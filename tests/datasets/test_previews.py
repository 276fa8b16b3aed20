"""What Kedro-Viz shows of each dataset: cheap, without secrets, and a sentence where there is nothing yet."""

import inspect
import json
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro_mlflow.io.artifacts import MlflowArtifactDataset

from trading_hpo import datasets
from trading_hpo.datasets import (
    BarsDataset,
    HoldoutDataset,
    NetworkDataset,
    PanelDataset,
    ResultsDataset,
    StudyDataset,
    StudyStorageDataset,
)
from trading_hpo.families.networks.architecture import Architecture
from trading_hpo.families.networks.final import TrainedNetwork
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.read import read_source
from trading_hpo.tasks.task import Decision

ROWS = 5

CARD = {"model_type": "mlp", "trial_number": 7}


def shown(dataset) -> dict:
    return json.loads(dataset.preview())


def table(dataset, **arguments) -> pd.DataFrame:
    return pd.DataFrame(**dataset.preview(**arguments))


@pytest.mark.parametrize("name", sorted(datasets._HOMES))
def test_every_dataset_has_a_preview_of_a_kind_that_kedro_viz_knows_by_its_name(name):
    kind = inspect.signature(getattr(datasets, name).preview).return_annotation
    kinds = dict.fromkeys(("BarsDataset", "CSVTableDataset", "ParquetTableDataset"), "TablePreview")
    kinds["FigureDataset"] = "PlotlyPreview"
    known = kinds.get(name, "JSONPreview")
    assert getattr(kind, "__name__", kind) == known  # that of Kedro's own dataset is text


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: PanelDataset(filepath=path), "not prepared yet"),
        (lambda path: NetworkDataset(filepath=path), "not trained yet"),
        (lambda path: ResultsDataset(filepath=path), "not run yet"),
        (lambda path: HoldoutDataset(filepath=path, ledger={"filepath": f"{path}.jsonl"}), "not run yet"),
        (lambda path: StudyDataset(filepath=path, storage={"filepath": f"{path}.db"}), "not searched yet"),
    ],
)
def test_what_does_not_exist_yet_says_so_and_makes_nothing(make, why, tmp_path):
    assert shown(make(str(tmp_path / "deep" / "file")))["skipped"] == why
    assert list(tmp_path.iterdir()) == []


def test_a_panel_shows_what_it_holds(panel_file):
    assert shown(PanelDataset(filepath=str(panel_file))) == {
        "label": {"kind": "direction"},
        "horizon_bars": 1,
        "bars": 600,
        "first_bar": "2015-01-01T00:00:00+00:00",
        "last_bar": "2016-08-22T00:00:00+00:00",
        "bars_per_year": 252.0,
        "assets": ["A0", "A1", "A2"],
        "features": ["signal", "noise_1", "noise_2"],
        "shapes": {"features": [1800, 3], "forward_return": [1800, 1], "target": [1800, 1]},
    }


@pytest.fixture
def network(tmp_path) -> NetworkDataset:
    dataset = NetworkDataset(filepath=str(tmp_path / "mlp"))
    architecture = Architecture("mlp", {"hidden_dim_1": 8, "hidden_dim_2": 4}, 2, 3, 1)
    dataset.save(TrainedNetwork(architecture, architecture.build(), _scaler(), Decision(0.25), CARD))
    return dataset


def _scaler():
    import torch

    from trading_hpo.training.windows import Scaler

    return Scaler(torch.zeros(2), torch.ones(2), 8.0)


def test_a_network_shows_its_card_without_building_it(network, monkeypatch):
    monkeypatch.setattr(TrainedNetwork, "load", None)
    found = shown(network)
    assert found["architecture"]["model_type"] == "mlp"
    assert found["threshold"] == 0.25
    assert found["card"] == CARD


def test_a_network_shows_what_its_weights_say_where_the_copy_for_people_is_gone(network, tmp_path):
    (tmp_path / "mlp" / "network.json").unlink()
    assert shown(network)["card"] == CARD


def test_a_skipped_network_shows_why(network):
    network.save({"skipped": "no complete trial"})
    assert shown(network) == {"skipped": "no complete trial"}


def test_an_mlflow_artifact_shows_what_it_wraps(tmp_path):
    path = tmp_path / "results.json"
    path.write_text('{"best": 1}')
    wrapped = MlflowArtifactDataset(dataset={"type": "trading_hpo.datasets.ResultsDataset", "filepath": str(path)})
    assert shown(wrapped) == {"best": 1}
    assert inspect.signature(wrapped.preview).return_annotation.__name__ == "JSONPreview"


def test_a_storage_shows_its_url_without_the_password_and_without_connecting(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDIES_AT", "postgresql+psycopg://me:s3{cr}et@127.0.0.1:9/studies")
    credentials = {"environment_variable": "STUDIES_AT"}
    storage = StudyStorageDataset(filepath=str(tmp_path / "studies.db"), credentials=credentials)
    assert shown(storage) == {"storage": "postgresql+psycopg://me:***@127.0.0.1:9/studies"}
    study = StudyDataset(
        filepath=str(tmp_path / "study.json"),
        storage={"filepath": str(tmp_path / "studies.db")},
        credentials=credentials,
    )
    assert "s3{cr}et" not in study.preview()


def test_bars_of_a_packaged_source_show_as_they_load():
    first = read_source("nasdaq_index", SourcesConfig()).head(3)
    pd.testing.assert_frame_equal(table(BarsDataset(source="nasdaq_index"), nrows=3), first.astype(str))


def from_csv(path: Path, **settings) -> BarsDataset:
    return BarsDataset(source="csv", settings={"csv": {"path": str(path), **settings}})


def test_a_users_csv_is_shown_as_it_stands_and_only_its_first_rows_are_read(tmp_path):
    path = tmp_path / "AAA.csv"
    rows = "".join(f"2020-01-01,{number}\n" for number in range(500_000))
    path.write_text(f"exported by hand\nday,close\n{rows}a,line,that,cannot,be,read\n")
    dataset = from_csv(path, columns={"timestamp": "day"}, skip_rows=1)
    found = table(dataset)
    assert list(found.columns) == ["day", "close"]
    assert found["close"].tolist() == ["0", "1", "2", "3", "4"]
    with pytest.raises(DatasetError):
        dataset.load()


def test_of_a_users_parquet_only_the_first_rows_are_read(tmp_path):
    path = tmp_path / "AAA.parquet"
    written = pd.DataFrame({"timestamp": pd.date_range("2020", periods=100), "close": range(100)})
    written.to_parquet(path, row_group_size=50)
    found = table(BarsDataset(source="parquet", settings={"parquet": {"path": str(path)}}))
    pd.testing.assert_frame_equal(found, written.head(ROWS).astype(str))


def test_a_folder_shows_its_first_file(tmp_path):
    for name in ("BBB", "AAA"):
        (tmp_path / f"{name}.csv").write_text(f"timestamp,close\n2020-01-01,{name}\n")
    assert table(from_csv(tmp_path))["close"].tolist() == ["AAA"]


@pytest.mark.parametrize(
    ("write", "problem"),
    [
        (None, "sources.csv.path must exist"),
        ("", "cannot be read as csv"),
        (b"\xff\xfe\x00\x81", "cannot be read as csv"),
    ],
)
def test_bars_that_cannot_be_read_show_the_problem(write, problem, tmp_path):
    path = tmp_path / "AAA.csv"
    if write is not None:
        path.write_bytes(write if isinstance(write, bytes) else write.encode())
    found = table(from_csv(path))
    assert list(found.columns) == ["problem"]
    assert problem in found["problem"][0]
