"""Pages are written whole, and a figure that was never drawn is no error."""

import json

import plotly.graph_objects as go
import pytest

from trading_hpo.datasets import FigureDataset, PageDataset


def test_a_page_comes_back_as_it_was_written(tmp_path):
    dataset = PageDataset(filepath=str(tmp_path / "deep" / "report.html"))
    assert not dataset.exists()
    dataset.save("<p>–\u2028</p>\n")
    assert dataset.load() == "<p>–\u2028</p>\n"
    assert dataset.exists()
    assert json.loads(dataset.preview()) == {"file": "report.html", "bytes": 14}


def test_a_page_that_cannot_be_written_leaves_the_one_before(tmp_path, monkeypatch):
    dataset = PageDataset(filepath=str(tmp_path / "report.html"))
    dataset.save("before")
    with pytest.raises(Exception, match="surrogates not allowed"):
        dataset.save("\ud800")
    assert dataset.load() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_figure_that_was_never_drawn_says_so(tmp_path):
    dataset = FigureDataset(filepath=str(tmp_path / "mlp_trials.json"))
    said = dataset.load().layout.annotations[0].text
    assert said == "not drawn yet<br><br>Run `kedro run`: it draws all figures."
    assert not dataset.exists()
    dataset.save(go.Figure(go.Scatter(y=[1, 2])))
    assert list(dataset.load().data[0].y) == [1, 2]
