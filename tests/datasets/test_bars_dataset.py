"""The bars dataset reads the chosen source with the settings of file and command line, and writes nothing."""

import pandas as pd
import pytest
from kedro.io import DatasetError

from trading_hpo.datasets import BarsDataset
from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.read import read_source


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "AAA.csv"
    path.write_text("day,close\n2020-01-01,1\n2020-01-02,2\n")
    return path


def test_a_packaged_source_loads_as_it_is():
    dataset = BarsDataset(source="nasdaq_index")
    pd.testing.assert_frame_equal(dataset.load(), read_source("nasdaq_index", SourcesConfig()))
    assert dataset.exists()


def test_the_command_line_changes_single_settings_and_keeps_their_siblings(csv, tmp_path):
    settings = {"csv": {"path": str(tmp_path / "other.csv"), "columns": {"timestamp": "day"}}}
    dataset = BarsDataset(source="csv", settings=settings, overrides={"csv": {"path": str(csv)}})
    bars = dataset.load()
    assert bars["asset"].tolist() == ["AAA", "AAA"]
    assert bars["timestamp"].tolist() == [pd.Timestamp("2020-01-01", tz="UTC"), pd.Timestamp("2020-01-02", tz="UTC")]
    assert settings["csv"]["path"].endswith("other.csv")


def test_settings_that_are_none_are_told_all_at_once_by_their_full_names():
    with pytest.raises(ConfigurationError) as caught:
        BarsDataset(source="csv", settings={"max_missing_bars": -1}, overrides={"csv": {"pth": "x"}})
    assert caught.value.problems == [
        "sources.csv.pth is not a parameter. Did you mean 'path'?",
        "sources.max_missing_bars must be greater than or equal to 0, got -1.",
    ]


def test_a_users_mistake_stays_readable_when_loading():
    with pytest.raises(DatasetError) as caught:
        BarsDataset(source="csv").load()
    assert isinstance(caught.value.__cause__, DataError)  # what the command line prints
    assert caught.value.__cause__.problems[0].startswith("sources.csv.path must name a file or folder, got null.")


def test_bars_cannot_be_saved(csv):
    dataset = BarsDataset(source="csv", settings={"csv": {"path": str(csv)}})
    before = csv.read_bytes()
    with pytest.raises(DatasetError, match="raw bars are read-only"):
        dataset.save(pd.DataFrame())
    assert csv.read_bytes() == before


def test_the_fingerprint_follows_what_is_read(csv):
    def fingerprint(**settings) -> str:
        return BarsDataset(source="csv", settings={"csv": {"path": str(csv), **settings}}).fingerprint()

    first = fingerprint()
    assert fingerprint(columns={"timestamp": "day"}) != first
    csv.write_text("day,close\n2020-01-01,9\n")
    assert fingerprint() != first
    assert BarsDataset(source="nasdaq_index").fingerprint() == BarsDataset(source="nasdaq_index").fingerprint()
