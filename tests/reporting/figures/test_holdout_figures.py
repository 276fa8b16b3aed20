"""Wealth, drawdown and calibration on the holdout."""

import json

import numpy as np
import pandas as pd
import plotly.io as pio
import pytest

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.figures.holdout import calibration_figure, equity_figure
from trading_hpo.reporting.figures.style import BASELINE_COLOURS, BASELINE_NAMES, colour_of

DAYS = pd.date_range("2020-01-01", periods=60, tz="UTC")


def moves(seed):
    return np.random.default_rng(seed).normal(0, 0.03, len(DAYS))


BASELINES = pd.DataFrame({"timestamp": DAYS, "buy_and_hold": moves(100), "constant_forecast": 0.0})


def returns_of(*model_types):
    return {name: pd.DataFrame({"timestamp": DAYS, "net_return": moves(n)}) for n, name in enumerate(model_types)}


def lines(figure):
    """Wealth and drawdown by name."""
    found = {}
    for trace in figure.data:
        found.setdefault(trace.name, []).append(trace)
    return found


def survives_its_file(figure):
    """Whether what is read from strict JSON is what was written."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    text = figure.to_json()
    return json.loads(pio.from_json(text).to_json()) == json.loads(text, parse_constant=refuse)


# Equity


def test_wealth_starts_at_one_and_drawdown_is_the_fall_from_the_last_peak():
    figure = equity_figure(returns_of("lstm"), BASELINES)
    for name, own in (("lstm", moves(0)), ("buy and hold", moves(100))):
        wealth, drawdown = lines(figure)[name]
        expected, peak, falls = [], 1.0, []
        for value in np.cumprod(1 + own):
            expected.append(value)
            peak = max(peak, value)
            falls.append(value / peak - 1)
        assert np.asarray(wealth.y) == pytest.approx(np.array(expected))
        assert np.asarray(drawdown.y) == pytest.approx(np.array(falls))
        assert (wealth.yaxis, drawdown.yaxis) == ("y", "y2")
        assert pd.DatetimeIndex(wealth.x).tz_localize(None).tolist() == DAYS.tz_localize(None).tolist()
    assert survives_its_file(figure)


def test_hours_are_shown_where_bars_have_them():
    hours = pd.date_range("2020-01-01 09:30", periods=3, freq="h", tz="UTC")
    held = pd.DataFrame({"timestamp": hours, "buy_and_hold": 0.01, "constant_forecast": 0.0})
    wealth, *_ = equity_figure({}, held).data
    assert list(wealth.x) == ["2020-01-01 09:30", "2020-01-01 10:30", "2020-01-01 11:30"]
    assert "%H:%M UTC" in wealth.hovertemplate
    daily, *_ = equity_figure({}, BASELINES).data
    assert daily.x[0] == "2020-01-01"
    assert "%H" not in daily.hovertemplate


def test_a_loss_on_the_first_bar_is_a_drawdown_from_the_start():
    first = pd.DataFrame({"timestamp": DAYS[:2], "net_return": [-0.2, 0.1]})
    wealth, drawdown = lines(equity_figure({"mlp": first}, BASELINES))["mlp"]
    assert list(wealth.y) == pytest.approx([0.8, 0.88])
    assert list(drawdown.y) == pytest.approx([-0.2, -0.12])


def test_losing_everything_is_drawn_to_the_end():
    ruin = pd.DataFrame({"timestamp": DAYS[:3], "net_return": [0.5, -1.0, 0.0]})
    figure = equity_figure({"mlp": ruin}, BASELINES)
    assert list(lines(figure)["mlp"][1].y) == [0, -1, -1]
    assert survives_its_file(figure)


@pytest.mark.parametrize("present", [(), ("lstm",), ("mlp", "cnn_lstm"), MODEL_TYPES])
def test_model_types_that_have_not_looked_are_absent_and_the_others_keep_their_colours(present):
    found = lines(equity_figure(returns_of(*present), BASELINES))
    assert set(found) == {*BASELINE_NAMES.values(), *present}
    colours = {BASELINE_NAMES[name]: colour for name, colour in BASELINE_COLOURS.items()}
    for name, traces in found.items():
        assert {trace.line.color for trace in traces} == {colours[name] if name in colours else colour_of(name)}


def test_each_name_is_in_the_legend_once():
    figure = equity_figure(returns_of("mlp", "lstm"), BASELINES)
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert sorted(named) == ["buy and hold", "constant forecast", "lstm", "mlp"]


def test_a_name_hidden_in_the_legend_is_hidden_in_both_panels():
    for name, traces in lines(equity_figure(returns_of("mlp"), BASELINES)).items():
        assert [trace.legendgroup for trace in traces] == [name, name]


# Calibration


def table_of(errors=(0.05, np.nan)):
    return pd.DataFrame({"predicted": [0.3, 0.6], "observed": [0.4, 0.5], "error": errors, "samples": [20, 7]})


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_calibration_shows_what_came_beside_the_line_on_which_all_comes_true(model_type):
    figure = calibration_figure(model_type, table_of(), "class")
    line, own = figure.data
    assert list(line.x) == list(line.y) == [0.3, 0.6]
    assert (list(own.x), list(own.y)) == ([0.3, 0.6], [0.4, 0.5])
    assert own.error_y.array[0] == 0.05
    assert own.line.color == colour_of(model_type)
    assert model_type in figure.layout.title.text
    assert survives_its_file(figure)  # one bar alone has no error


@pytest.mark.parametrize(
    ("target_kind", "axis"),
    [("class", "forecast probability of a positive"), ("number", "forecast (unit of the target)")],
)
def test_calibration_names_what_was_predicted(target_kind, axis):
    assert calibration_figure("mlp", table_of(), target_kind).layout.xaxis.title.text == axis


def test_calibration_without_forecasts_says_so():
    figure = calibration_figure("mlp", table_of().iloc[:0], "class")
    assert not figure.data
    assert figure.layout.annotations[0].text.startswith("no forecasts<br><br>")
