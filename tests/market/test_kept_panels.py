"""Panels are kept by their contents: what is prepared later, or damaged, is never taken for them."""

import os

import numpy as np
import pytest
from tests.makers.panels import panel_of

from trading_hpo.errors import StaleInputError
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.market.panel import open_panel, panel_digest, save_panel


@pytest.fixture
def prepared(tmp_path):
    path = tmp_path / "panel.safetensors"
    save_panel(panel_of(2, 40, seed=1), path)
    return open_panel(path)


@pytest.fixture
def panels(tmp_path):
    return KeptPanels(tmp_path / "kept")


def test_what_is_kept_survives_other_data_in_the_place_of_the_first(prepared, panels):
    kept, digest = panels.keep(prepared), panel_digest(prepared)
    features = prepared.features.copy()
    save_panel(panel_of(2, 40, seed=2), prepared.path)
    again = panels.open(digest, "study.mlp")
    np.testing.assert_array_equal(again.features, features)
    assert again.path == kept.path != prepared.path


def test_a_panel_is_kept_once_and_shares_its_file_while_that_stays(prepared, panels):
    panels.keep(prepared)
    panels.keep(open_panel(prepared.path))
    (file,) = panels.folder.iterdir()
    assert file.samefile(prepared.path)


def test_without_links_it_is_copied(prepared, panels, monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    panels.keep(prepared)
    assert panel_digest(panels.open(panel_digest(prepared), "study.mlp")) == panel_digest(prepared)
    assert len(list(panels.folder.iterdir())) == 1


def test_an_absent_and_a_damaged_panel_are_refused_with_the_file_and_what_to_run(prepared, panels):
    digest = panel_digest(prepared)
    with pytest.raises(StaleInputError, match=rf"study.mlp must be in .*{digest}.*Run `kedro run --pipeline hpo`"):
        panels.open(digest, "study.mlp")
    panels.keep(prepared)
    data = bytearray(panels.path(digest).read_bytes())
    data[-5] ^= 4
    panels.path(digest).write_bytes(data)
    with pytest.raises(StaleInputError, match=rf"{digest}.safetensors is damaged"):
        panels.open(digest, "study.mlp")


def test_a_panel_that_another_run_has_replaced_meanwhile_is_not_kept_under_its_digest(prepared, panels):
    save_panel(panel_of(2, 40, seed=2), prepared.path)
    with pytest.raises(StaleInputError, match="was replaced by another run"):
        panels.keep(prepared)
    assert list(panels.folder.iterdir()) == []


def test_a_damaged_one_is_kept_again(prepared, panels):
    kept = panels.keep(prepared).path
    kept.unlink()
    kept.write_bytes(prepared.path.read_bytes()[:-9])
    panels.keep(prepared)
    assert panel_digest(open_panel(kept)) == panel_digest(prepared)


@pytest.mark.parametrize(
    "change", [{"assets": ("A", "C")}, {"feature_names": ("y",)}, {"label": {"kind": "x"}}, {"bars_per_year": 365.0}]
)
def test_names_label_and_bars_per_year_are_part_of_the_digest(change):
    assert panel_digest(panel_of(2, 40, seed=1, **change)) != panel_digest(panel_of(2, 40, seed=1))
