"""What a holdout says of the money: above as much exposure without looking, and above buy-and-hold."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.analysis.holdout_money import money_tests

T = 1000
STAMPS = pd.date_range("2020-01-01", periods=T, tz="UTC")


@pytest.fixture
def market():
    return np.random.default_rng(0).normal(0.0005, 0.01, T)


def tables(net, exposure, market):
    """A market whose constant forecast is to hold it."""
    returns = pd.DataFrame({"timestamp": STAMPS, "net_return": net, "turnover": 0.0, "exposure": exposure})
    held = {"timestamp": STAMPS, "buy_and_hold": market, "constant_forecast": market}
    return returns, pd.DataFrame({**held, "benchmark": market, "benchmark_exposure": 1.0})


def test_half_of_what_the_constant_forecast_holds_is_nothing_active(market):
    found = money_tests(*tables(0.5 * market, np.full(T, 0.5), market), 1, 252)
    assert found["active"] == {"why": "it earned the same on every bar"}
    assert found["above_buy_and_hold"]["estimate"] == pytest.approx(-0.5 * market.mean() * 252)


def active(held, market):
    return money_tests(*tables(market * held, held * 1.0, market), 1, 252)["active"]


def test_knowing_the_better_half_is_found_and_guessing_mostly_is_not(market):
    random = np.random.default_rng(1)
    knows = np.where(market > 0, random.random(T) < 0.55, random.random(T) < 0.45)
    assert active(knows, market)["p_value"] < 0.01
    guesses = [active(random.random(T) < 0.5, market)["p_value"] for _ in range(40)]
    assert sum(p <= 0.05 for p in guesses) <= 5  # of a true 5 %: 99 %


def test_numbers_are_per_year_and_the_interval_says_what_the_test_says(market):
    net = market + np.random.default_rng(2).normal(0.0004, 0.004, T)
    one, two = (money_tests(*tables(net, np.ones(T), market), 1, bars)["active"] for bars in (252, 504))
    assert one["estimate"] == pytest.approx((net - market).mean() * 252)
    assert [two[name] for name in ("low", "estimate", "high")] == pytest.approx(
        [2 * one[name] for name in ("low", "estimate", "high")]
    )
    assert one["p_value"] == two["p_value"]
    assert (one["low"] > 0) == (one["p_value"] <= 0.05)


def test_bars_are_matched_by_their_time_and_each_is_there_once(market):
    returns, held = tables(0.5 * market, np.full(T, 0.5), market)
    mixed = money_tests(returns.sample(frac=1, random_state=0), held, 1, 252)
    assert mixed["active"] == {"why": "it earned the same on every bar"}
    with pytest.raises(pd.errors.MergeError):
        money_tests(pd.concat([returns, returns.head(1)]), held, 1, 252)
