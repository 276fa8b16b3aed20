"""Colours that are distinguished on any paper, colour-blind or not, and texts that fit."""

from itertools import combinations, pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures import style
from trading_hpo.reporting.figures.style import (
    BASELINE_COLOURS,
    BASELINE_DASHES,
    BASELINE_NAMES,
    LINE_WIDTH,
    NEUTRAL,
    PAPERS,
    TEXT,
    colour_of,
    lines_of,
    luminance,
    name_lines,
    note,
    styled,
    symbol_of,
    with_direction,
    with_unit,
)

# Machado, Oliveira and Fernandes (2009), severity 1: what people see of linear RGB.
EYES = {
    "all cones": np.eye(3),
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def contrast(one, other):
    """WCAG 2.2, "contrast ratio"."""
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour, eyes):
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(eyes) @ linear, 0, 1) / np.array([0.9505, 1, 1.089])
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.fixture
def plugged_in(monkeypatch):
    more = [*MODEL_TYPES, *(f"plugged_in_{number}" for number in range(20))]
    monkeypatch.setattr(style, "MODEL_TYPES", more)
    return more


@pytest.mark.parametrize(("one", "other", "ratio"), [("#FFFFFF", "#000000", 21), ("#777777", "#FFFFFF", 4.48)])
def test_contrast_is_that_of_the_standard(one, other, ratio):
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_colour_can_be_seen_on_white_and_on_black_paper(plugged_in, paper):
    drawn = [*map(colour_of, plugged_in), *BASELINE_COLOURS.values(), NEUTRAL]
    assert {colour: contrast(colour, paper) for colour in drawn if contrast(colour, paper) < 3} == {}


@pytest.mark.parametrize("paper", PAPERS)
def test_text_can_be_read_on_either_paper_without_a_style_sheet(paper):
    assert contrast(TEXT, paper) >= 4.2


@pytest.mark.parametrize("eyes", EYES)
def test_model_types_differ_for_colour_blind_readers(eyes, monkeypatch):
    monkeypatch.setattr(style, "MODEL_TYPES", [f"m{number}" for number in range(len(style._PALETTE))])
    pairs = combinations([*map(colour_of, style.MODEL_TYPES)], 2)
    assert min(np.linalg.norm(lab(one, EYES[eyes]) - lab(other, EYES[eyes])) for one, other in pairs) > 15


def test_no_two_model_types_share_a_colour_however_many_there_are(plugged_in):
    assert len({*map(colour_of, plugged_in), *BASELINE_COLOURS.values(), NEUTRAL}) == len(plugged_in) + 3


def test_model_types_of_plug_ins_change_no_colour_of_ours(plugged_in, monkeypatch):
    with_plug_ins = [*map(colour_of, plugged_in)]
    monkeypatch.setattr(style, "MODEL_TYPES", plugged_in[:7])
    assert [*map(colour_of, plugged_in[:7])] == with_plug_ins[:7]


def test_the_marks_of_neighbours_differ(plugged_in):
    assert all(symbol_of(one) != symbol_of(other) for one, other in pairwise(plugged_in))


def test_baselines_have_the_same_names_colours_and_dashes_and_no_two_alike():
    assert BASELINE_NAMES.keys() == BASELINE_COLOURS.keys() == BASELINE_DASHES.keys()
    for settings in (BASELINE_NAMES, BASELINE_COLOURS, BASELINE_DASHES):
        assert len(set(settings.values())) == len(settings)


@given(st.text(max_size=200), st.integers(5, 60))
def test_lines_are_never_too_long_and_nothing_is_lost_but_spaces(text, width):
    from html import unescape

    lines = lines_of(text, width).split("<br>")
    assert max(map(len, map(unescape, lines))) <= width
    assert "<" not in "".join(lines)


@pytest.mark.parametrize(
    ("name", "width", "lines"),
    [
        ("rate", 16, "rate"),
        ("a_b_c", 4, "a_b_<br>c"),
        ("a_b_c_d", 2, "a_<br>b…"),
        ("x" * 30, 9, "xxxxxxxxx<br>xxxxxxxx…"),
        ("early_stopping_patience", 16, "early_stopping_<br>patience"),
    ],
)
def test_names_break_behind_underscores(name, width, lines):
    assert name_lines(name, width) == lines


def test_metrics_have_their_units_and_the_end_that_is_good():
    assert with_unit("mcc") == "mcc"
    assert with_unit("somebody's own") == "somebody's own"
    assert with_direction("sharpe", "maximize") == "sharpe (per year), higher is better"
    assert with_direction("latency_ms", "minimize") == "latency_ms (ms), lower is better"


def test_a_figure_grows_with_what_stands_above_and_below_its_axes():
    def drawn(n_names, below=()):
        traces = [go.Scatter(x=[0], y=[0], name=f"a name of some length {n}", showlegend=True) for n in range(n_names)]
        return styled(go.Figure(traces), "Title", "x", "y", below=below, plot_height_px=200).layout

    assert drawn(1).height < drawn(4).height
    assert drawn(1).height < drawn(1, ["one line"]).height < drawn(1, ["word " * 30]).height
    assert drawn(1, ["one line"]).margin.t > drawn(1).margin.t
    assert drawn(1).height > 200


def test_titles_and_names_are_texts_and_no_markup():
    figure = styled(go.Figure(), "<b>T</b>", "<i>x</i>", "$y$", below=["<u>below</u>"])
    text = figure.layout.title.text + figure.layout.xaxis.title.text + figure.layout.yaxis.title.text
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<u>" not in text
    assert "$" not in text


def test_a_note_has_its_reason_and_what_to_do_in_lines_that_fit():
    (words,) = note("Title", "because " * 20, "do it " * 20).layout.annotations
    why, remedy = words.text.split("<br><br>")
    assert why.startswith("because")
    assert remedy.startswith("do it")
    assert max(map(len, words.text.split("<br>"))) <= LINE_WIDTH
    assert note("Title", "because").layout.annotations[0].text == "because"
