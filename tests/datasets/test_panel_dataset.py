"""The panel dataset saves whole files, maps them, and says what to run where there is none."""

import dataclasses

import numpy as np
import pytest
from kedro.io import DatasetError
from tests.makers.panels import panel_of

from trading_hpo.datasets import PanelDataset
from trading_hpo.types import Panel


@pytest.fixture
def panel() -> Panel:
    observed = np.random.default_rng(0).random((2, 6)) < 0.5
    return panel_of(observed=observed, n_features=3, seed=0, assets=("AAA", "BBB"))


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
