"""Positions that are held to a touch, against bars that are looked at one by one, and against where labels end."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.positions.hold_to_touch import HoldToTouch
from trading_hpo.tasks.positions.rule import KnownRows
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.task import Decision, Forecast

CALLED = Decision(0.5)


def panel_of(bars, **options):
    config = LabelsConfig(kind="triple_barrier", **options)
    features = build_features(bars, FeaturesConfig(names=("return_1",)))
    return build_panel(features, build_labels(bars, config), label_of(config.task), 252.0)


def bar_by_bar(known, called, short):
    """What someone holds who looks at each bar once, when it closes."""
    positions = np.zeros(len(called))
    for asset in np.unique(known.asset):
        rows = np.flatnonzero(known.asset == asset)
        size, opened, before = 0.0, -1, -1
        for row in rows[np.argsort(known.place[rows])]:
            if before >= 0 and known.place[row] != known.place[before] + 1:
                size = 0.0  # a bar without a forecast lies between: nothing was held there
            if size:
                upper, lower = known.barriers[opened]
                high, low, _ = known.prices[row]
                if high >= upper or low <= lower or known.place[row] - known.place[opened] == known.horizon_bars:
                    size = 0.0
            if not size and np.isfinite(known.barriers[row]).all():
                size, opened = (1.0 if called[row] else -1.0 if short else 0.0), row
            positions[row], before = size, row
    return positions


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), short=st.booleans(), share=st.floats(0, 1), horizon=st.integers(2, 9))
def test_every_bar_is_looked_at_once(make_bars, seed, short, share, horizon):
    random = np.random.default_rng(seed)
    panel = panel_of(make_bars(80, seed=seed % 1000), horizon_bars=horizon, barrier_up=1.5)
    rows = np.flatnonzero(random.random(panel.n_rows) < 0.95)  # some bars have no forecast
    known, called = KnownRows.of(panel, rows, ("barriers",)), random.random(len(rows)) < share
    found = HoldToTouch(hold_short=short).follow(Forecast(called.astype(float)), CALLED, known)
    np.testing.assert_array_equal(found, bar_by_bar(known, called, short))


def test_a_position_ends_where_the_label_of_its_call_does_on_real_bars(us_tech):
    """The rule never reads the labels; they say the same."""
    panel = panel_of(us_tech)
    random = np.random.default_rng(0)
    rows = np.arange(panel.n_rows)
    forecast = Forecast((random.random(panel.n_rows) < 0.1).astype(float))
    trades = list(HoldToTouch().trades(forecast, CALLED, KnownRows.of(panel, rows, ("barriers",))))
    labelled = [trade for trade in trades if panel.labelled[trade.held[0]]]
    assert len(labelled) > 500
    for trade in labelled:
        assert panel.bar[trade.held[-1] + 1] == panel.label_end[trade.held[0]]


def test_what_is_earned_is_the_return_to_the_close_of_the_touch(us_tech):
    panel = panel_of(us_tech)
    known = KnownRows.of(panel, np.arange(panel.n_rows), ("barriers",))
    forecast = Forecast((np.random.default_rng(1).random(panel.n_rows) < 0.2).astype(float))
    positions = HoldToTouch().follow(forecast, CALLED, known)
    for trade in HoldToTouch().trades(forecast, CALLED, known):
        if panel.labelled[trade.held[0]]:
            assert (positions[trade.held] == 1).all()
            earned = np.prod(1 + panel.forward_return[trade.held, 0].astype(float)) - 1
            closes = known.prices[[trade.held[0], trade.held[-1] + 1], 2]
            assert earned == pytest.approx(closes[1] / closes[0] - 1, abs=1e-5)


def known_of(prices, barriers, place=None, horizon_bars=4):
    place = np.arange(len(prices)) if place is None else np.array(place)
    return KnownRows(place, np.zeros(len(prices), int), place, horizon_bars, None, np.array(prices), np.array(barriers))


FLAT = (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("called", "prices", "held", "beyond"),
    [
        ([1, 0, 0, 0], [FLAT, FLAT, (1.3, 1, 1.1), FLAT], [1, 1, 0, 0], [1.1 / 1.2 - 1]),
        ([1, 0, 0, 0], [FLAT, (1, 0.5, 0.9), FLAT, FLAT], [1, 0, 0, 0], [0.9 / 0.8 - 1]),
        ([1, 0, 1, 0], [FLAT, FLAT, (1.3, 1, 1.3), FLAT], [1, 1, 1, 1], [1.3 / 1.2 - 1, None]),  # and opened anew
        ([1, 0, 0, 0, 0, 0], [FLAT] * 6, [1, 1, 1, 1, 0, 0], [None]),  # the fourth bar ends it
        ([0, 0, 0, 1], [FLAT] * 4, [0, 0, 0, 1], [None]),  # held on the last bar there is
    ],
)
def test_a_truth_table(called, prices, held, beyond):
    known, forecast = known_of(prices, [(1.2, 0.8)] * len(prices)), Forecast(np.array(called, float))
    assert HoldToTouch().follow(forecast, CALLED, known).tolist() == held
    found = [trade.beyond_barrier for trade in HoldToTouch().trades(forecast, CALLED, known)]
    assert found == [None if value is None else pytest.approx(value) for value in beyond]


def test_for_who_is_short_a_close_above_the_lower_barrier_is_worse():
    known = known_of([FLAT, (1, 0.7, 0.9)], [(1.2, 0.8)] * 2)
    (first, _) = HoldToTouch(hold_short=True).trades(Forecast(np.zeros(2)), CALLED, known)
    assert (first.size, first.beyond_barrier) == (-1, pytest.approx(-(0.9 / 0.8 - 1)))


def test_without_known_barriers_nothing_is_opened_and_over_a_bar_without_a_forecast_nothing_is_held():
    unknown = [(np.nan, np.nan), (1.2, 0.8), (1.2, 0.8), (1.2, 0.8)]
    forecast = Forecast(np.array([1.0, 1, 0, 0]))
    assert HoldToTouch().follow(forecast, CALLED, known_of([FLAT] * 4, unknown)).tolist() == [0, 1, 1, 1]
    assert HoldToTouch().follow(forecast, CALLED, known_of([FLAT] * 4, unknown, [0, 1, 3, 4])).tolist() == [0, 1, 0, 0]
