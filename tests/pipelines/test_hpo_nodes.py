"""A search reads data that were prepared with its settings, and leaves what follows it where it belongs."""

from dataclasses import replace

import pytest
from tests.pipelines.conftest import TRAINING

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StaleInputError
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.market.panel import panel_digest
from trading_hpo.pipelines.hpo.nodes import collect_results, open_study, search
from trading_hpo.splits.folds import split_to_table
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.search_spaces import SearchSpacesConfig

DATA = {"holdout": {"fraction": 0.2}, "folds": {"stop_fraction": 0.15}}
SPACES = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 0.001, "high": 0.01}})
HPO = HpoConfig(n_trials=1, workers=1, models_to_optimize=["mlp"], tensorboard=True)
SETTINGS = (SPACES, TRAINING, BacktestConfig(), HPO)


@pytest.fixture
def opened(panel, split, tmp_path):
    """Open the study of the prepared panel, with settings of the day."""
    storage = StudyStorage(f"sqlite:///{tmp_path / 'root/06_models/studies.db'}")
    panels = KeptPanels(tmp_path / "root/05_model_input/kept")

    def run(terms=DATA, digest=None):
        prepared = {"panel_digest": digest or panel_digest(panel), "terms": DATA}
        data = (panel, split_to_table(split, panel), prepared, storage)
        return open_study("mlp", *data, *SETTINGS, "test", "planted", terms), panels

    return run


def test_data_of_other_settings_are_not_searched(opened):
    other = {**DATA, "holdout": {"fraction": 0.4}, "training": {"epochs": 2}}
    with pytest.raises(
        StaleInputError, match=r"(?s)with other settings .*holdout\.fraction: 0\.2 -> 0\.4.*pipeline hpo`"
    ):
        opened(other)


def test_a_panel_and_folds_of_two_runs_are_not_searched(opened):
    with pytest.raises(StaleInputError, match="prepared together, got those of two runs"):
        opened(digest="another")


@pytest.mark.slow
def test_a_search_keeps_its_panel_and_its_settings_and_draws_beside_the_reports(opened, panel, split, tmp_path):
    terms = {**DATA, "training": {"epochs": 2}}
    ref, panels = opened(terms)
    assert not (tmp_path / "root").exists(), "opening makes nothing"
    ledger = tmp_path / "trials.jsonl"
    summary = search(ref, panel, split_to_table(split, panel), panels, *SETTINGS, ledger)
    assert not panels.is_empty
    assert collect_results("mlp", ref, summary)["terms"] == terms
    assert len(ledger.read_text().splitlines()) == 2
    assert list((tmp_path / "root/08_reporting/tensorboard").glob("*/00000/*"))


def test_a_study_is_not_made_on_other_data_than_those_that_were_checked(opened, panel, split, tmp_path):
    ref, panels = opened()
    fewer = split_to_table(replace(split, folds=split.folds[:-1]), panel)  # as another run may prepare them meanwhile
    with pytest.raises(StaleInputError, match="must be made on the data and with the settings that were checked"):
        search(ref, panel, fewer, panels, *SETTINGS, tmp_path / "trials.jsonl")
    assert not (tmp_path / "root").exists()
