"""Probabilities as texts: no rounded one is on the other side of what counts as shown."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.analysis.test_study_alone import noted, searched
from tests.makers.pages import made
from tests.makers.selection import overfitting_of, selection_of

from trading_hpo.overfitting.sharpe import LEVEL
from trading_hpo.reporting import studies
from trading_hpo.reporting.figures.overfitting import overfitting_figure
from trading_hpo.reporting.page.luck_section import luck_section
from trading_hpo.reporting.probability import probability
from trading_hpo.reporting.selection_sentences import DEFLATED, selection_sentences


@given(value=st.floats(0.0001, 0.9999))
def test_it_stays_within_rounding_and_on_its_side(value):
    shown = float(probability(value))
    assert abs(shown - value) <= 0.005
    if abs(value - LEVEL) > 1e-4:
        assert (shown >= LEVEL) == (value >= LEVEL)
    assert 0 < shown < 1


def test_all_places_print_the_same(monkeypatch):
    near = 0.9499
    assert f"{near:.2f}" == "0.95"
    found = selection_of(deflated=near)
    assert "0.9499" in selection_sentences(found)[DEFLATED]
    page = made()
    first = page.searched.best["model_type"]
    table = luck_section(replace(page.searched, selection={first: found})).blocks[3]
    assert "0.9499" in table.rows[0]
    figure = overfitting_figure({"mlp": {"overfitting": overfitting_of() | {"probability": near}}})
    assert "PBO 0.9499" in figure.layout.title.text
    monkeypatch.setattr(studies, "deflated_alone", lambda *_: (near, 3))
    assert "DSR 0.9499 among" in "\n".join(studies.study_lines(searched(noted(0)), "x"))
