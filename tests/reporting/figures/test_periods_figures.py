"""Months, exposure, costs and assets of the holdout in pictures."""

import json
from itertools import pairwise

import pandas as pd
import pytest
from tests.makers.figures import said
from tests.makers.pages import made

from trading_hpo.reporting.figures.periods import (
    MOST_ASSETS,
    assets_figure,
    costs_figure,
    exposure_figure,
    monthly_figure,
)
from trading_hpo.reporting.figures.style import BASELINE_COLOURS, colour_of, symbol_of

MONTHS = pd.DataFrame(
    [("mlp", 2019, 12, 20, 0.013), ("mlp", 2019, 0, 20, 0.013), ("buy_and_hold", 2020, 1, 9, -0.05)],
    columns=["name", "year", "month", "bars", "total_return"],
)


def assets_of(*contributions, model_type="mlp"):
    names = [f"A{number}" for number in range(len(contributions))]
    return pd.DataFrame({"asset": names, "contribution": contributions, "model_type": model_type})


def test_each_name_has_its_months_and_the_year_as_a_whole():
    own, held = monthly_figure(MONTHS).data
    assert list(own.y) == list(held.y) == ["2019", "2020"]
    assert list(own.x)[11:] == ["Dec", "year"]
    assert list(own.text[0])[11:] == ["1.3", "1.3"]
    assert list(own.text[1]) == [""] * 13
    assert held.text[1][0] == "-5.0"
    assert monthly_figure(MONTHS).layout.coloraxis.cmax == 5.0
    assert (own.hovertemplate[:3], held.hovertemplate[:3]) == ("mlp", "buy")
    assert "%{z:.1f} %" in own.hovertemplate


def test_a_number_in_a_cell_has_four_letters_at_most():
    table = MONTHS.iloc[[0] * 4].assign(month=[1, 2, 3, 4], total_return=[0.0994, 0.0996, -0.0996, 1.234])
    assert list(monthly_figure(table).data[0].text[0])[:4] == ["9.9", "10", "-10", "123"]


def test_as_many_names_as_there_may_be_do_not_overlap():
    names = [f"n{number}" for number in range(12)]
    tables = [MONTHS.iloc[:2].assign(name=name) for name in names]
    figure = monthly_figure(pd.concat(tables))
    ends = sorted(axis.domain for axis in figure.select_yaxes())
    assert all(below[1] < above[0] for below, above in pairwise(ends))
    assert len(figure.data) == len(names)
    top = figure.layout.margin.t - 24  # the first name is above the axes, below the heading
    assert top >= 22 + 20 * (1 + figure.layout.title.text.count("<br>"))


def test_exposure_says_over_how_many_bars_and_keeps_the_colours():
    table = pd.DataFrame(
        {
            "name": ["mlp", "mlp", "constant_forecast"],
            "timestamp": pd.to_datetime(["2020-01-01", "2020-01-08", "2020-01-01"], utc=True),
            "bars": 7,
            "exposure": [0.5, 0.25, 1.0],
            "turnover": 0.1,
        }
    )
    figure = exposure_figure(table)
    own, constant = figure.data
    assert list(own.y) == [0.5, 0.25]
    assert own.line.color == colour_of("mlp")
    assert constant.line.color == BASELINE_COLOURS["constant_forecast"]
    assert own.hovertemplate == "mlp, from %{x|%Y-%m-%d}<br>exposure %{y:.1%}<extra></extra>"
    assert "mean over blocks of 7 bars" in figure.layout.title.text
    assert "bar by bar" in exposure_figure(table.assign(bars=1)).layout.title.text


def test_costs_are_drawn_from_none_to_fifty_and_the_run_is_marked():
    figure = costs_figure(made().judged.costs, 5.0)
    assert [trace.name for trace in figure.data] == ["mlp", "lstm", "constant forecast", "buy and hold"]
    assert list(figure.data[0].x)[:1] + list(figure.data[0].x)[-1:] == [0.0, 50.0]
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 5.0
    assert "5 basis points, as in this run" in figure.layout.title.text.replace("<br>", " ")
    assert all(
        said in figure.data[0].hovertemplate for said in ("mlp at %{x:g} basis points", "sharpe (per year) %{y:.2f}")
    )
    assert {trace.marker.symbol for trace in figure.data[:2]} == {symbol_of("mlp"), symbol_of("lstm")}
    assert "NaN" not in figure.to_json()


def test_assets_are_in_points_the_best_of_the_first_model_type_on_top():
    table = pd.concat([assets_of(0.01, -0.02, 0.03), assets_of(0.05, 0.0, 0.0, model_type="lstm")])
    figure = assets_figure(table)
    (cells,) = figure.data
    assert list(cells.y) == ["A1", "A0", "A2"]  # from below
    assert list(cells.x) == ["mlp", "lstm"]
    assert [list(line) for line in cells.text] == [["-2.0", "0.0"], ["1.0", "5.0"], ["3.0", "0.0"]]
    assert "%{z:+.2f} percentage points" in cells.hovertemplate
    assert figure.layout.coloraxis.cmax == 5.0


@pytest.mark.parametrize(
    ("n_assets", "drawn"), [(MOST_ASSETS, MOST_ASSETS), (MOST_ASSETS + 1, MOST_ASSETS), (500, MOST_ASSETS)]
)
def test_of_many_assets_the_best_and_the_worst_are_drawn_and_it_is_said(n_assets, drawn):
    figure = assets_figure(assets_of(*(number / 1000 for number in range(n_assets))))
    assert len(figure.data[0].y) == drawn
    assert (figure.data[0].y[0], figure.data[0].y[-1]) == ("A0", f"A{n_assets - 1}")
    assert (f"of {n_assets}" in figure.layout.title.text) == (n_assets > MOST_ASSETS)


def test_names_of_assets_are_texts():
    figure = assets_figure(assets_of(0.1).assign(asset="<b>x</b>$y$"))
    assert figure.data[0].y[0] == "&lt;b&gt;x&lt;/b&gt;&#36;y&#36;"
    json.loads(figure.to_json())


def test_long_names_of_assets_are_shortened_at_their_ticks_alone():
    names = [f"somebodys_own_asset_{number}" for number in (1, 2)]
    figure = assets_figure(assets_of(0.1, 0.2).assign(asset=names))
    assert list(figure.data[0].y) == list(figure.layout.yaxis.tickvals) == names
    assert list(figure.layout.yaxis.ticktext) == ["somebodys_own_a…"] * 2


def test_assets_that_added_nothing_have_a_scale_too():
    assert assets_figure(assets_of(0.0, 0.0)).layout.coloraxis.cmax == 1.0
    assert monthly_figure(MONTHS.assign(total_return=0.0)).layout.coloraxis.cmax == 1.0


@pytest.mark.parametrize(
    "figure",
    [
        monthly_figure(MONTHS.iloc[:0]),
        assets_figure(assets_of()),
        exposure_figure(pd.DataFrame()),
        costs_figure(pd.DataFrame(), 5.0),
    ],
)
def test_without_a_look_they_say_why_they_are_empty(figure):
    assert not figure.data
    assert said(figure).startswith("no model type has been judged on the holdout yet")
    assert "Run `kedro run`" in said(figure)
