"""Verdicts: corrected on validation for trials, on the holdout for finalists and looks; above on both or not above."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.analysis.verdicts import verdicts, verdicts_of_validation

T = 600
STAMPS = pd.date_range("2020-01-01", periods=T, tz="UTC")
MARKET = np.random.default_rng(0).normal(0.0003, 0.01, T)
BASE = {"data_key": "k", "horizon_bars": 1, "bars_per_year": 252}
HELD = pd.DataFrame(
    {
        "timestamp": STAMPS,
        "buy_and_hold": MARKET,
        "constant_forecast": MARKET,
        "benchmark": MARKET,
        "benchmark_exposure": 1.0,
    }
)


def returns_of(edge, seed=1):
    net = MARKET + np.random.default_rng(seed).normal(edge, 0.005, T)
    return pd.DataFrame({"timestamp": STAMPS, "net_return": net, "turnover": 0.0, "exposure": 1.0})


def validated(forecast=0.01, money=0.01):
    return {"forecast": {"p_value": forecast, "metric": "mcc"}, "money": {"p_value": money}}


def look(p_value=0.01, looks=1, data_key="k"):
    return {"data_key": data_key, "looks_so_far": looks, "forecast_test": {"metric": "mcc", "p_value": p_value}}


def judged(validation, holdouts, edge=0.0):
    return verdicts(validation, holdouts, dict.fromkeys(holdouts, returns_of(edge)), HELD, BASE)


@pytest.mark.parametrize(
    ("validation", "holdout", "above"),
    [(0.05, 0.05, True), (0.0501, 0.01, False), (0.01, 0.0501, False), (0.2, 0.2, False), (None, 0.01, False)],
)
def test_above_is_above_on_both(validation, holdout, above):
    (own,) = judged({"mlp": validated(validation)}, {"mlp": look(holdout)}).values()
    assert own["forecast"]["above"] == above


def test_finalists_and_earlier_looks_are_corrected_for_each_other():
    validation = {name: validated() for name in ("mlp", "lstm", "other")}
    holdouts = {"mlp": look(0.01, 4), "lstm": look(0.02, 5), "other": look(None, 3)}
    found = judged(validation, holdouts)
    p_values = {name: own["forecast"]["holdout"]["p_value"] for name, own in found.items()}
    # Three finalists, one of which cannot be tested, and two looks before them: five in all.
    assert p_values == {"mlp": pytest.approx(0.05), "lstm": pytest.approx(0.08), "other": None}
    assert found["mlp"]["forecast"]["holdout"]["single_p_value"] == 0.01
    assert found["mlp"]["forecast"]["holdout"]["earlier_looks"] == 2


def test_looks_at_other_data_are_not_finalists():
    found = judged({"mlp": validated(), "lstm": validated()}, {"mlp": look(0.04), "lstm": look(0.04, data_key="other")})
    assert found["mlp"]["forecast"]["holdout"]["p_value"] == 0.04
    assert found["lstm"]["forecast"]["holdout"] == {"why": "not judged yet"}


def test_without_a_look_only_validation_is_said():
    (own,) = judged({"mlp": validated()}, {}).values()
    assert own["money"]["holdout"] == own["money"]["above_buy_and_hold"] == {"why": "not judged yet"}
    assert not own["money"]["above"]


def test_money_is_judged_by_its_own_returns():
    (rich,) = judged({"mlp": validated()}, {"mlp": look()}, edge=0.002).values()
    (poor,) = judged({"mlp": validated()}, {"mlp": look()}, edge=-0.002).values()
    assert rich["money"]["above"]
    assert not poor["money"]["above"]
    assert poor["money"]["holdout"]["p_value"] > 0.9
    assert rich["money"]["above_buy_and_hold"]["low"] > 0


def test_nothing_that_was_given_is_changed():
    holdouts = {"mlp": look(0.02), "lstm": look(0.03)}
    judged({name: validated() for name in holdouts}, holdouts)
    assert holdouts == {"mlp": look(0.02), "lstm": look(0.03)}


def test_before_a_look_only_validation_has_a_verdict_and_nothing_is_above():
    own = verdicts_of_validation({"mlp": {**validated(), "study_name": "a.mlp", "trial_number": 4}})["mlp"]
    assert own["forecast"]["validation"]["p_value"] == 0.01
    assert [own[about]["above"] for about in ("forecast", "money")] == [False, False]
    assert own["forecast"]["holdout"] == own["money"]["above_buy_and_hold"] == {"why": "not judged yet"}
