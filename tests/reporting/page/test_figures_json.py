"""Figures as data of the page: what can be seen stays, what cannot goes."""

import json

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from trading_hpo.reporting.figures.style import note, styled
from trading_hpo.reporting.page.figures_json import (
    MOST_LINES,
    MOST_MARKS,
    MOST_POINTS,
    page_data,
    plain_figure,
    script_text,
)


def line(values, **options):
    return go.Figure(go.Scatter(x=pd.date_range("2020-01-01", periods=len(values), tz="UTC"), y=values, **options))


def test_a_short_line_keeps_its_points_and_days_are_days():
    plain, title, said = plain_figure(styled(line(np.array([1.0, 0.123456789, np.nan]), mode="lines"), "a <b>"))
    assert plain["data"][0]["x"] == ["2020-01-01", "2020-01-02", "2020-01-03"]
    assert plain["data"][0]["y"] == [1.0, 0.123457, None]
    assert (title, said) == ("a <b>", "")
    assert not {"template", "title", "margin"} & set(plain["layout"])


def test_a_long_line_keeps_its_peaks_and_says_so():
    values = np.zeros(20_000)
    values[[777, 12_345]] = [9.0, -9.0]
    (trace,), said = (plain := plain_figure(line(values, mode="lines")))[0]["data"], plain[2]
    assert len(trace["y"]) == len(trace["x"]) <= MOST_POINTS + 2
    assert {min(trace["y"]), max(trace["y"])} == {-9.0, 9.0}
    assert trace["x"][trace["y"].index(9.0)] == "2022-02-16"
    assert said == f"Drawn: {len(trace['y']):,} of 20,000 points of a line or group."


def test_many_marks_are_thinned_with_all_that_belongs_to_them_and_the_best_stays():
    values = np.arange(3000.0)
    values[1234] = 1e6
    figure = line(values, mode="markers", marker={"color": values}, text=[f"t{n}" for n in range(3000)])
    (trace,) = plain_figure(figure)[0]["data"]
    assert len(trace["y"]) <= MOST_MARKS
    figure.add_scatter(x=[0] * 999, y=[0] * 999, mode="lines")
    assert plain_figure(figure)[2] == f"Drawn: {len(trace['y'])} of 3,000 points of a line or group."
    assert trace["marker"]["color"] == trace["y"]
    assert trace["text"][trace["y"].index(1e6)] == "t1234"


def test_many_traces_are_thinned():
    figure = go.Figure([go.Scatter(x=[0, 1], y=[n, n]) for n in range(500)])
    plain, _, said = plain_figure(figure)
    assert len(plain["data"]) <= MOST_LINES
    assert plain["data"][-1]["y"] == [499, 499]
    assert said == f"Drawn: {len(plain['data'])} of 500 lines."


def test_an_empty_figure_is_its_reason():
    assert plain_figure(note("a title", "why <not>")) == ({"data": [], "layout": {}}, "a title", "why <not>.")
    wrapped = "a reason that is longer than one line of a narrow page"
    assert plain_figure(note("t", wrapped, "Run `it`.", below=["a.mlp"]))[2] == f"{wrapped}. Run `it`. a.mlp."


def test_what_stands_under_a_title_is_said_beside_it():
    long = "a title that has more than one line on a narrow page"
    figure = styled(line([1.0, 2.0]), long, below=["a.<b>.mlp", "how to read it."])
    assert plain_figure(figure)[1:] == (long, "a.<b>.mlp. how to read it.")


def test_of_many_lines_in_a_trace_some_are_drawn_and_each_of_them_whole():
    x = [part for n in range(500) for part in (0, n, 1, None)]
    y = [part for n in range(500) for part in (0, -1, -2, None)]
    words = [part for n in range(500) for part in (f"a{n}", f"b{n}", f"c{n}", "")]
    few, one = (go.Scatter(x=x[:n], y=y[:n], mode="lines") for n in (8, 4))
    plain, _, said = plain_figure(go.Figure([go.Scatter(x=x, y=y, hovertext=words, mode="lines"), few, one]))
    many = plain["data"][0]
    assert many["y"] == [0, -1, -2, None] * MOST_LINES
    assert [many["x"][place] for place in (1, -3)] == [0, 499]
    assert [word[1:] for word in many["hovertext"][1::4]] == [str(n) for n in many["x"][1::4]]
    assert plain["data"][1]["x"] == [0, 0, 1, None, 0, 1, 1, None]
    assert said == f"Drawn: {MOST_LINES + 3} of 503 lines."


def test_equal_arrays_are_there_once_and_put_together_again_all_is_there():
    figure = plain_figure(line(np.arange(50.0), mode="lines"))[0]
    data = json.loads(page_data({"a": figure, "b": figure}))
    assert len(data["pool"]) == 2

    def filled(part):
        if isinstance(part, dict):
            return filled(data["pool"][part["$"]]) if "$" in part else {k: filled(v) for k, v in part.items()}
        return [filled(value) for value in part] if isinstance(part, list) else part

    assert filled(data["figures"]) == {"a": figure, "b": figure}


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>", "&lt;", "\u2028\u2029"])
def test_no_text_ends_a_script(text):
    written = script_text(json.dumps({"name": text}, ensure_ascii=False))
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written) == {"name": text}
