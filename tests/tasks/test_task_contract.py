"""The laws that every task keeps, ours and a plug-in's."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.errors import ConfigurationError
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.head import LOGIT, VALUE, Head
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.registry import TASKS, label_of, task_of
from trading_hpo.tasks.task import Decision, Task

every_task = pytest.mark.parametrize("name", TASKS)
laws = settings(deadline=None, max_examples=40)
seeds = st.integers(0, 2**32 - 1)
N_BARS = 320  # more than the longest history of a task of ours


def bars_of(seed, n=N_BARS):
    close = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.02, n)))
    days = pd.date_range("2020-01-01", periods=n, tz="UTC")
    return pd.DataFrame({"timestamp": days, "asset": "A", **dict.fromkeys(("open", "high", "low", "close"), close)})


def targets_of(task, seed=0):
    targets = task.build(bars_of(seed)).astype(np.float32)
    return targets[np.isfinite(targets).all(axis=1)]


def natural_head(task):
    return {"class": LOGIT, "number": VALUE, "joint": Head("parts", parts=(LOGIT, VALUE))}[task.target_kind]


def is_class(task):
    """Which of its targets are classes."""
    return {"class": slice(None), "number": slice(0), "joint": slice(1)}[task.target_kind]


@every_task
def test_a_task_has_its_name_and_a_default_for_every_option(name):
    task = TASKS[name]()
    assert isinstance(task, Task)
    assert task.name == name
    assert "kind" not in type(task).model_fields  # names the task itself in the group `labels`
    assert task.n_targets >= 1
    assert task.horizon_bars >= 1


@every_task
def test_what_a_task_names_is_there(name):
    task = TASKS[name]()
    assert task.target_kind in ("class", "number", "joint")
    assert task.objective in METRICS
    assert task.positions is None or task.positions in POSITIONS


@every_task
def test_what_a_task_provides_its_forecasts_have(name):
    task = TASKS[name]()
    said = set()
    for head in (natural_head(task), Head("quantiles", (0.1, 0.9))):
        width = head.width(task.n_targets)
        forecast = task.forecast(np.zeros((3, width), dtype="f4"), head, np.ones(task.n_targets, dtype="f4"))
        said |= {need for need in ("probability", "values", "quantiles") if getattr(forecast, need) is not None}
    assert said == set(task.provides)
    returns = range(task.n_targets)[task.returns] if task.returns is not None else range(1)
    assert task.returns is None or "values" in said
    assert len(returns) >= 1


@pytest.mark.parametrize("horizon_bars", [1, 4])
def test_the_returns_of_a_task_lead_to_its_prices(horizon_bars):
    task, bars = TASKS["forward_return"](horizon_bars=horizon_bars), bars_of(0)
    targets = task.build(bars)
    price = bars["close"].to_numpy()[:-horizon_bars] * (1 + targets[:-horizon_bars, task.returns]).prod(axis=1)
    np.testing.assert_allclose(price, bars["close"].to_numpy()[horizon_bars:])


@every_task
@pytest.mark.parametrize("horizon_bars", [2, 7])
def test_plain_data_rebuild_the_task(name, horizon_bars):
    task = TASKS[name](horizon_bars=horizon_bars)
    again = task_of(json.loads(json.dumps(label_of(task))))
    assert again == task
    assert type(again) is type(task)
    assert again.horizon_bars == horizon_bars


@every_task
@laws
@given(seed=seeds)
def test_targets_are_one_row_per_bar_classes_0_or_1_and_none_at_the_end(name, seed):
    task = TASKS[name]()
    bars = bars_of(seed)
    targets, ends = task.build(bars), task.label_ends(bars)
    assert targets.shape == (N_BARS, task.n_targets)
    known = np.isfinite(targets).all(axis=1)
    assert known.any()
    assert not known[-1]
    assert not np.isinf(targets).any()
    assert set(np.unique(targets[known][:, is_class(task)])) <= {0.0, 1.0}
    after = ends - np.arange(N_BARS)
    assert (after[known] >= 1).all()
    assert (after <= task.horizon_bars).all()


@every_task
@laws
@given(seed=seeds, horizon_bars=st.integers(1, 6), now=st.integers(0, N_BARS - 1))
def test_a_target_that_is_known_ignores_what_comes_after(name, seed, horizon_bars, now):
    task = TASKS[name](horizon_bars=horizon_bars)
    bars = bars_of(seed)
    changed = bars.copy()
    later = bars.index > now
    factors = np.random.default_rng(seed).uniform(0.3, 3.0, int(later.sum()))
    for column in ("open", "high", "low", "close"):
        changed.loc[later, column] *= factors
    past = task.label_ends(bars) <= now
    np.testing.assert_array_equal(task.build(changed)[past], task.build(bars)[past])


@every_task
def test_classes_have_no_unit_and_numbers_that_of_their_spread(name):
    task = TASKS[name]()
    targets = targets_of(task)
    unit = task.scale(targets)
    assert unit.shape == (task.n_targets,)
    spread = targets.std(axis=0)
    wanted = np.where(spread > 0, spread, 1)
    wanted[is_class(task)] = 1
    np.testing.assert_allclose(unit, wanted, rtol=1e-5)
    constant = np.full_like(targets, 0.25)
    assert (task.scale(constant) == 1).all()


@every_task
@laws
@given(seed=seeds, n_rows=st.integers(0, 20))
def test_a_higher_first_output_is_more_positive_and_numbers_come_in_their_unit(name, seed, n_rows):
    task = TASKS[name]()
    output = np.random.default_rng(seed).normal(size=(n_rows, task.n_targets)).astype(np.float32)
    unit = np.linspace(0.5, 2, task.n_targets).astype(np.float32)
    forecast = task.forecast(output, natural_head(task), unit)
    order = np.argsort(output[:, 0])
    assert (np.diff(forecast.score[order]) >= 0).all()
    assert (np.diff(forecast.expected[order]) >= 0).all()
    if task.target_kind != "number":
        assert ((forecast.expected >= 0) & (forecast.expected <= 1)).all()
        np.testing.assert_allclose(forecast.expected, forecast.probability)
    if task.target_kind != "class":
        numbers = [place for place in range(task.n_targets) if place not in range(task.n_targets)[is_class(task)]]
        np.testing.assert_allclose(forecast.values[:, numbers], (output * unit)[:, numbers])


@every_task
def test_a_learned_position_lies_between_short_and_long(name):
    task = TASKS[name]()
    forecast = task.forecast(np.array([[-50.0], [0.0], [50.0]]), Head("position"), np.ones(task.n_targets))
    assert forecast.position.tolist() == [-1, 0, 1]


def test_quantiles_lie_target_by_target_in_their_units():
    task = TASKS["forward_return"]()
    output = np.array([[-2.0, 0.0, 1.0, -4.0, 0.5, 3.0]])
    forecast = task.forecast(output, Head("quantiles", (0.1, 0.5, 0.9)), np.array([0.1, 10.0]))
    np.testing.assert_allclose(forecast.quantiles, [[[-0.2, 0, 0.1], [-40, 5, 30]]])
    np.testing.assert_allclose(forecast.values, [[0, 5]])
    assert forecast.levels == (0.1, 0.5, 0.9)


@every_task
@laws
@given(seed=seeds)
def test_prevalence_calls_as_many_rows_as_are_positive(name, seed):
    task = TASKS[name]()
    targets = targets_of(task, seed)
    output = np.random.default_rng(seed).normal(size=targets.shape).astype("f4")
    forecast = task.forecast(output, natural_head(task), np.ones(task.n_targets, dtype="f4"))
    called = task.decide(forecast, targets, "prevalence").calls(forecast)
    assert abs(int(called.sum()) - int(task.truth(targets).sum())) <= 1


@every_task
@pytest.mark.parametrize("threshold", [-1.5, 0.0, 0.7])
def test_a_number_is_the_threshold_as_it_stands(name, threshold):
    task = TASKS[name]()
    targets = targets_of(task)
    forecast = task.forecast(targets, natural_head(task), np.ones(task.n_targets))
    assert task.decide(forecast, targets, threshold) == Decision(threshold)


@every_task
@pytest.mark.parametrize("positive", [True, False])
def test_the_baseline_calls_every_row_as_the_majority_was(name, positive):
    task = TASKS[name]()
    targets = targets_of(task)
    truth = task.truth(targets)
    rows = np.concatenate([targets[truth == positive], targets[truth != positive][:1]])
    forecast, decision = task.baseline(rows, 5)
    assert decision.calls(forecast).tolist() == [positive] * 5
    np.testing.assert_allclose(forecast.expected, rows[:, 0].mean(), rtol=1e-5)
    if forecast.values is not None:
        np.testing.assert_allclose(forecast.values, np.tile(rows.mean(axis=0), (5, 1)), rtol=1e-4, atol=1e-7)


def test_a_tie_is_called_negative():
    for name in ("direction", "forward_return"):
        forecast, decision = TASKS[name]().baseline(np.array([[1.0], [0.0]]), 3)
        assert not decision.calls(forecast).any()


@pytest.mark.parametrize(("kind", "positive"), [("direction", [0, 1, 1]), ("forward_return", [1, 1, 1])])
def test_a_number_is_positive_above_zero_and_a_class_above_a_half(kind, positive):
    assert TASKS[kind]().truth(np.array([[0.01], [1.0], [0.9]])).tolist() == positive
    assert not TASKS[kind]().truth(np.zeros((4, 1))).any()


def test_an_unknown_task_is_refused_with_the_closest():
    with pytest.raises(ConfigurationError, match=r"unknown task 'volatilty'\. Did you mean 'volatility'\?"):
        TASKS["volatilty"]


def test_some_rows_of_a_forecast_are_those_rows():
    task = TASKS["forward_return"]()
    output = np.arange(12.0).reshape(4, 3)
    forecast = task.forecast(output, Head("quantiles", (0.1, 0.5, 0.9)), np.ones(1))
    some = forecast.at(np.array([False, True, False, True]))
    assert some.score.tolist() == [4.0, 10.0]
    assert some.quantiles.shape == (2, 1, 3)
    assert some.levels == forecast.levels
    assert some.probability is None
