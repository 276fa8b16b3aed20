"""The panel dataset saves whole files, maps them, and says what to run where there is none."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError

from trading_hpo.datasets import PanelDataset
from trading_hpo.types import Panel


@pytest.fixture
def panel() -> Panel:
    rng = np.random.default_rng(0)
    return Panel(
        features=rng.normal(size=(2, 6, 3)).astype("float32"),
        forward_return=rng.normal(size=(2, 6, 1)).astype("float32"),
        target=rng.integers(0, 2, (2, 6, 1)).astype("float32"),
        label_end=rng.integers(0, 6, (2, 6)),
        observed=rng.random((2, 6)) < 0.5,
        labelled=rng.random((2, 6)) < 0.5,
        timestamps=pd.date_range("2020-01-01", periods=6, tz="UTC").as_unit("ns"),
        assets=("AAA", "BBB"),
        feature_names=("a", "b", "c"),
    )


def test_a_saved_panel_loads_equal_and_knows_its_file(tmp_path, panel):
    dataset = PanelDataset(filepath=str(tmp_path / "deep" / "panel.safetensors"))
    assert not dataset.exists()
    dataset.save(panel)
    assert dataset.exists()
    loaded = dataset.load()
    for field in dataclasses.fields(Panel):
        if field.name != "path":
            np.testing.assert_array_equal(getattr(loaded, field.name), getattr(panel, field.name))
    assert loaded.path == tmp_path / "deep" / "panel.safetensors"


def test_an_absent_panel_names_the_command_that_makes_it(tmp_path):
    with pytest.raises(DatasetError, match="Run `kedro run --pipeline hpo` first"):
        PanelDataset(filepath=str(tmp_path / "no.safetensors")).load()


def test_a_save_that_fails_leaves_the_old_panel(tmp_path, panel):
    dataset = PanelDataset(filepath=str(tmp_path / "panel.safetensors"))
    dataset.save(panel)
    before = (tmp_path / "panel.safetensors").read_bytes()
    with pytest.raises(DatasetError):
        dataset.save(dataclasses.replace(panel, features=np.array([object()])))
    assert (tmp_path / "panel.safetensors").read_bytes() == before
    np.testing.assert_array_equal(dataset.load().features, panel.features)
