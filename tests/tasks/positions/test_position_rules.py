"""Position rules: truth tables of ours, and the laws that every rule keeps, a plug-in's too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.errors import ConfigurationError
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.positions.rule import PositionRule
from trading_hpo.tasks.task import Decision, Forecast

laws = settings(deadline=None, max_examples=50)
every_rule = pytest.mark.parametrize("name", POSITIONS)
DECISION = Decision(0.5)


@pytest.mark.parametrize(
    ("name", "called", "position"),
    [
        ("long_flat", True, 1.0),
        ("long_flat", False, 0.0),
        ("long_short", True, 1.0),
        ("long_short", False, -1.0),
        ("half_when_volatile", True, 0.5),
        ("half_when_volatile", False, 1.0),
    ],
)
def test_a_call_becomes_a_position(name, called, position):
    one = np.zeros(1, dtype=int)
    assert POSITIONS[name].follow(Forecast(np.array([float(called)])), DECISION, one, one).tolist() == [position]


def test_a_score_must_exceed_the_threshold_to_be_called():
    scores = np.array([0.4, 0.5, np.nextafter(0.5, 1)])
    assert DECISION.calls(Forecast(scores)).tolist() == [False, False, True]


def test_an_unknown_rule_is_refused_with_the_closest():
    with pytest.raises(ConfigurationError, match=r"unknown position rule 'long_shrt'\. Did you mean 'long_short'\?"):
        POSITIONS["long_shrt"]


@st.composite
def rows(draw):
    """Rows of some assets on some bars, in the panel's order, with a forecast."""
    n_assets, n_bars = draw(st.integers(1, 3)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    asset, bar = np.nonzero(random.random((n_assets, n_bars)) < 0.8)
    return forecast_of(random, len(bar)), bar, asset, random


def forecast_of(random, n):
    score = random.normal(size=n)
    quantiles = np.sort(random.normal(size=(n, 1, 3)), axis=2)
    return Forecast(
        score, 1 / (1 + np.exp(-score)), score[:, None], quantiles, (0.1, 0.5, 0.9), np.tanh(random.normal(size=n))
    )


@every_rule
@laws
@given(case=rows())
def test_positions_are_bounded_and_one_per_row(name, case):
    forecast, bar, asset, _ = case
    positions = POSITIONS[name].follow(forecast, DECISION, bar, asset)
    assert positions.shape == bar.shape
    assert (np.abs(positions) <= 1).all()


@every_rule
@laws
@given(case=rows())
def test_another_future_moves_no_position(name, case):
    forecast, bar, asset, random = case
    other = forecast_of(random, len(bar))
    for now in np.unique(bar):
        past = np.flatnonzero(bar <= now)
        before = POSITIONS[name].follow(forecast, DECISION, bar, asset)[past]
        after = POSITIONS[name].follow(with_past_of(forecast, other, past), DECISION, bar, asset)[past]
        assert before.tobytes() == after.tobytes()


def with_past_of(forecast, other, past):
    mixed = other.at(np.arange(len(other.score)))  # a copy
    for name in ("score", "probability", "values", "quantiles", "position"):
        getattr(mixed, name)[past] = getattr(forecast, name)[past]
    return mixed


@every_rule
@laws
@given(case=rows())
def test_the_order_of_the_rows_does_not_matter(name, case):
    forecast, bar, asset, random = case
    order = random.permutation(len(bar))
    before = POSITIONS[name].follow(forecast, DECISION, bar, asset)
    after = POSITIONS[name].follow(forecast.at(order), DECISION, bar[order], asset[order])
    assert before[order].tobytes() == after.tobytes()


def test_a_rule_with_a_state_is_told_what_its_asset_held_at_its_row_before():
    def one_step_towards_the_call(forecast, decision, state):
        return np.clip(state + np.where(decision.calls(forecast), 0.25, -0.25), 0, 1)

    rule = PositionRule(one_step_towards_the_call, uses_state=True)
    bar, asset = np.array([0, 1, 3, 0, 2, 3]), np.array([0, 0, 0, 1, 1, 1])
    calls = Forecast(np.array([1.0, 1, 0, 1, 1, 1]))
    assert rule.follow(calls, DECISION, bar, asset).tolist() == [0.25, 0.5, 0.25, 0.25, 0.5, 0.75]
