"""Position rules: truth tables of ours, and the laws that every rule keeps, a plug-in's too."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.configuration import problems_of
from trading_hpo.errors import ConfigurationError
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.tasks.positions.registry import CHOSEN_BY, POSITIONS, parameters_of_rule
from trading_hpo.tasks.positions.rule import KnownRows, RuleWithState
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.training.choices import CHOICES
from trading_hpo.training.config import Hyperparameters

laws = settings(deadline=None, max_examples=50)
every_rule = pytest.mark.parametrize("name", POSITIONS)
DECISION = Decision(0.5)


def known_of(bar, asset, random=None):
    """What rules may know of rows whose place is their bar: prices that wander, barriers about them."""
    random = np.random.default_rng(0) if random is None else random
    close = 100 * np.exp(random.normal(0, 0.02, len(bar)).cumsum())
    high, low = (close * np.exp(sign * np.abs(random.normal(0, 0.01, len(bar)))) for sign in (1, -1))
    volatility = random.uniform(0.001, 0.05, len(bar))
    barriers = close[:, None] * (1 + np.array([1.0, -1.0]) * volatility[:, None])
    return KnownRows(bar, asset, bar, 4, volatility, np.column_stack([high, low, close]), barriers)


@pytest.mark.parametrize(
    ("rule", "called", "position"),
    [
        ("long_flat", True, 1.0),
        ("long_flat", False, 0.0),
        ("long_short", True, 1.0),
        ("long_short", False, -1.0),
        ("half_when_volatile", True, 0.5),
        ("half_when_volatile", False, 1.0),
        ("hold_to_touch", True, 1.0),
        ("hold_to_touch", False, 0.0),
        ({"name": "hold_to_touch", "hold_short": True}, False, -1.0),
    ],
)
def test_a_call_becomes_a_position(rule, called, position):
    one = np.zeros(1, dtype=int)
    rule = BacktestConfig(positions=rule).positions
    assert rule.follow(Forecast(np.array([float(called)])), DECISION, known_of(one, one)).tolist() == [position]


VOLATILITY = np.array([0.0025, 0.01, 0.04])


@pytest.mark.parametrize(
    ("rule", "forecast", "positions"),
    [
        ("proportional", {"probability": [0.25, 0.5, 0.75]}, [0, 0, 0.5]),
        ({"name": "proportional", "proportional_short": True}, {"probability": [0.25, 0.5, 0.75]}, [-0.5, 0, 0.5]),
        ({"name": "proportional", "proportional_full": 0.2}, {"probability": [0.25, 0.55, 0.75]}, [0, 0.5, 1]),
        ({"name": "proportional", "proportional_short": True}, {"score": [-3, 0.25, 0.5]}, [-1, 0.25, 0.5]),
        # Of a number the score, in units of its spread over the train rows, whatever unit the value has.
        ("proportional", {"score": [-3, 0.25, 0.5], "values": [[-90.0], [7.5], [15.0]]}, [0, 0.25, 0.5]),
        ("volatility_scaled", {"score": [1, 1, 1]}, [1, 1, 0.25]),
        ("volatility_scaled", {"score": [1, 0, 0]}, [1, 0, 0]),
        (
            {"name": "volatility_scaled", "target_volatility": 0.002, "scaled_short": True},
            {"score": [0, 1, 0]},
            [-0.8, 0.2, -0.05],
        ),
        ("as_forecast", {"position": [-0.5, 0.1, 1], "values": [[9.0], [9], [9]]}, [-0.5, 0.1, 1]),
        # Of several steps the score is their cumulative return.
        ("as_forecast", {"score": [0.4, 0, -2], "values": [[-0.01, 0.05], [0, 0], [0.01, -0.3]]}, [1, 0, -1]),
        ("as_forecast", {"probability": [0.4, 0.5, 0.6]}, [-1, 0, 1]),
        ("as_forecast", {"score": [-0.1, 0, 0.1]}, [-1, 0, 1]),
    ],
)
def test_a_forecast_becomes_a_position(rule, forecast, positions):
    parts = {name: np.array(values, float) for name, values in ({"score": np.zeros(3)} | forecast).items()}
    known = KnownRows(*np.zeros((3, 3), dtype=int), volatility=VOLATILITY)
    found = BacktestConfig(positions=rule).positions.follow(Forecast(**parts), DECISION, known)
    np.testing.assert_allclose(found, positions, atol=1e-12)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"name": "proportional", "proportional_full": 0}, "proportional_full must be greater than 0, got 0."),
        ({"name": "volatility_scaled", "target_volatility": -1}, "target_volatility must be greater than 0, got -1."),
        (
            {"name": "long_flat", "scaled_short": True},
            "scaled_short is not a parameter. Known: name. It is an option of volatility_scaled: give "
            "backtest.positions=long_flat to drop what is set for another position rule.",
        ),
    ],
)
def test_a_wrong_option_is_refused_in_words(rule, problem):
    with pytest.raises(ValidationError) as caught:
        BacktestConfig(positions=rule)
    assert problems_of(caught.value, BacktestConfig, "backtest") == [f"backtest.positions.{problem}"]


def test_a_score_must_exceed_the_threshold_to_be_called():
    scores = np.array([0.4, 0.5, np.nextafter(0.5, 1)])
    assert DECISION.calls(Forecast(scores)).tolist() == [False, False, True]


def test_an_unknown_rule_is_refused_with_the_closest():
    with pytest.raises(ConfigurationError, match=r"unknown position rule 'long_shrt'\. Did you mean 'long_short'\?"):
        POSITIONS["long_shrt"]


@every_rule
def test_a_rule_has_its_name_a_default_for_every_option_and_survives_being_written(name):
    rule = POSITIONS[name]()
    assert rule.name == name
    written = json.loads(json.dumps(BacktestConfig(positions=name).model_dump(mode="json")))
    assert BacktestConfig(**written).positions == rule
    # As studies have recorded rules since there were no options.
    assert written["positions"] == (name if set(POSITIONS[name].model_fields) == {"name"} else {**dict(rule)})


@every_rule
def test_an_option_has_a_name_that_no_other_parameter_of_a_search_has(name):
    components = [CHOICES[choice][one] for choice in CHOICES for one in CHOICES[choice]]
    components += [MODEL_TYPES[one].config for one in MODEL_TYPES] + [Hyperparameters]
    components += [POSITIONS[other] for other in POSITIONS if other != name]
    taken = {field for one in components for field in one.model_fields if field != "name"} | {*CHOICES, CHOSEN_BY}
    assert not taken & set(parameters_of_rule(name))


@st.composite
def rows(draw):
    """Rows of some assets on some bars, in the panel's order, with a forecast and what is known of them."""
    n_assets, n_bars = draw(st.integers(1, 3)), draw(st.integers(1, 12))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    asset, bar = np.nonzero(random.random((n_assets, n_bars)) < 0.8)
    return forecast_of(random, len(bar)), known_of(bar, asset, random), random


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
    forecast, known, _ = case
    positions = POSITIONS[name]().follow(forecast, DECISION, known)
    assert positions.shape == known.bar.shape
    assert (np.abs(positions) <= 1).all()


@every_rule
@laws
@given(case=rows())
def test_another_future_moves_no_position(name, case):
    """Of forecasts, prices, barriers and volatility alike."""
    forecast, known, random = case
    rule, other = POSITIONS[name](), (forecast_of(random, len(known.bar)), known_of(known.bar, known.asset, random))
    for now in np.unique(known.bar):
        past = np.flatnonzero(known.bar <= now)
        mixed = with_past_of(forecast, other[0], past), with_past_of(known, other[1], past)
        before = rule.follow(forecast, DECISION, known)[past]
        assert before.tobytes() == rule.follow(mixed[0], DECISION, mixed[1])[past].tobytes()


@every_rule
@laws
@given(case=rows())
def test_a_position_is_the_same_when_its_bar_is_the_last_there_is(name, case):
    """As in use, where no later bar exists."""
    forecast, known, _ = case
    rule = POSITIONS[name]()
    for now in np.unique(known.bar):
        past = np.flatnonzero(known.bar <= now)
        before = rule.follow(forecast, DECISION, known)[past]
        assert before.tobytes() == rule.follow(forecast.at(past), DECISION, known.at(past)).tobytes()


def with_past_of(own, other, past):
    n_rows = len(own.score if isinstance(own, Forecast) else own.bar)
    mixed = other.at(np.arange(n_rows))  # a copy
    for name, values in vars(mixed).items():
        if isinstance(values, np.ndarray):
            values[past] = getattr(own, name)[past]
    return mixed


@every_rule
@laws
@given(case=rows())
def test_the_order_of_the_rows_does_not_matter(name, case):
    forecast, known, random = case
    order = random.permutation(len(known.bar))
    rule = POSITIONS[name]()
    before, after = rule.follow(forecast, DECISION, known), rule.follow(forecast.at(order), DECISION, known.at(order))
    assert before[order].tobytes() == after.tobytes()


def test_a_rule_with_a_state_is_told_what_its_asset_held_at_its_row_before():
    class OneStepTowardsTheCall(RuleWithState):
        name: str = "one_step"

        def position(self, forecast, decision, state):
            return np.clip(state + np.where(decision.calls(forecast), 0.25, -0.25), 0, 1)

    known = KnownRows(bar := np.array([0, 1, 3, 0, 2, 3]), np.array([0, 0, 0, 1, 1, 1]), bar)
    calls = Forecast(np.array([1.0, 1, 0, 1, 1, 1]))
    held = OneStepTowardsTheCall().follow(calls, DECISION, known)
    assert held.tolist() == [0.25, 0.5, 0.25, 0.25, 0.5, 0.75]
