"""Scores by regime in words."""

import pytest
from tests.makers.pages import regimes_made

from trading_hpo.reporting.regimes import half_of, regime_name, without_value, worst_regimes


def test_the_worst_of_the_forecast_and_of_the_money_are_named_with_their_numbers():
    assert worst_regimes(regimes_made(0.02)) == (
        "mcc in high volatility, 0.010 over 1,002 bars (2,004 samples); Sharpe in down trend, 0.00 over 1,003 bars"
    )
    assert worst_regimes(regimes_made(0.02, error=0.01)) == (
        "mcc in high volatility, 0.010 ± 0.017 over 1,002 bars (2,004 samples); "
        "Sharpe in down trend, 0.00 ± 0.52 over 1,003 bars"
    )


def test_where_nothing_can_be_compared_nothing_is_said():
    assert worst_regimes(None) is None
    assert worst_regimes({}) is None
    assert worst_regimes({**regimes_made(0.02), "worst_forecast": None, "worst_money": None}) is None


def test_a_reason_is_said_once_with_all_its_regimes():
    found = regimes_made(0.02)
    found["scores"][0]["no_value"] = {"mcc": "one class only", "sharpe": "no variance of returns"}
    found["scores"][1]["no_value"] = {"mcc": "3 bars", "sharpe": "3 bars"}
    assert list(without_value(found)) == [
        "no mcc in low volatility: one class only",
        "no sharpe in low volatility, up trend: no variance of returns",
        "no mcc and no sharpe in middle volatility: 3 bars",
    ]


def test_without_an_error_there_is_no_interval_and_a_label_of_the_users_is_named_as_one():
    assert half_of({}, {"value": 0.1}) is None
    assert half_of({}, {"value": 0.1, "error": None}) is None
    assert half_of({}, {"value": 0.1, "error": 0.0}) == 0.0
    assert regime_name({"by": "regime", "regime": "up"}) == "regime up"


def test_an_interval_is_as_wide_as_the_blocks_of_its_error_are_few():
    line = {"error": 0.01, "sharpe_error": 0.1}
    t_19, t_4 = 1.729, 2.132  # of Student's table
    assert half_of({}, line) == half_of({"degrees_of_freedom": 19}, line) == pytest.approx(0.01 * t_19, abs=1e-5)
    assert half_of({"degrees_of_freedom": 4}, line, "sharpe_error") == pytest.approx(0.1 * t_4, abs=1e-4)
    few = worst_regimes({**regimes_made(0.02, error=0.01), "degrees_of_freedom": 4})
    assert "0.010 ± 0.021" in few
    assert "0.00 ± 0.64" in few
