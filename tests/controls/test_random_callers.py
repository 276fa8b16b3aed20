"""Callers without skill earn what they hold of the market, and nothing beyond."""

import numpy as np
import pytest
from controls import random_callers
from controls.random_callers import callers

N_CALLERS, N_BARS = 40, 2000


@pytest.fixture
def rising(monkeypatch):
    moves = np.random.default_rng(1).normal(0.001, 0.01, (N_BARS, 5))
    monkeypatch.setattr(random_callers, "_moves", lambda: moves)
    monkeypatch.setattr(random_callers, "CALLERS", N_CALLERS)


def test_on_a_market_that_rises_all_earn_and_none_earns_beyond_it(rising):
    raw, active = callers(np.random.default_rng(0))
    assert raw.shape == active.shape == (N_CALLERS, N_BARS)
    assert (raw.mean(axis=1) > 0).all()
    t = active.mean(axis=1) / active.std(axis=1) * np.sqrt(N_BARS)
    assert abs(np.mean(t)) < 1.5  # costs alone are beyond what holding all would pay
    assert np.abs(t).max() < 4.5


def test_the_raw_ratio_is_taken_for_skill_and_the_active_one_is_not(rising):
    outcome = random_callers.judge(0)
    assert outcome.as_expected
    assert outcome.numbers["raw_probabilistic"] > 0.95 > outcome.numbers["active_deflated"]
