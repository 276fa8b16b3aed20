"""What may be said of each model type: of its forecast and of the money, on validation and on the holdout.

On validation the chosen configuration is the best of many, and its p-values are corrected for all trials on those bars
(``analysis.validation_tests``). On the holdout it is one of a few finalists, and earlier looks at the same bars count
beside them: Holm's correction.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from trading_hpo.analysis.holdout_money import money_tests
from trading_hpo.overfitting.holm import holm

LEVEL = 0.05  # a p-value up to it says "above"
_NOT_JUDGED = {"why": "not judged yet"}


def verdicts(
    validation: Mapping[str, Mapping[str, Any]],
    holdouts: Mapping[str, Mapping[str, Any]],
    returns: Mapping[str, pd.DataFrame],
    baselines: pd.DataFrame,
    base: Mapping[str, Any],
) -> dict[str, dict[str, Any]]:
    """Return the tests of each model type that was searched, with their corrections.

    **Looks ahead:** label only, to judge.

    Args:
        validation: Of ``validation_tests``.
        holdouts: Results of the looks, by model type; those on other data than the baselines are left out.
        returns: Of ``HoldoutLook``, by model type.
        baselines: Of ``baseline_returns``.
        base: Of ``baselines``, with the ``data_key`` of its data and ``horizon_bars``.

    Returns:
        By model type: ``forecast`` and ``money``, each with ``validation`` and ``holdout``: the test with its
        corrected ``p_value``, or ``why`` there is none; and ``above``: whether both p-values are at most 5 %.
    """
    finalists = {name: own for name, own in holdouts.items() if own.get("data_key") == base["data_key"]}
    looks = max((own.get("looks_so_far", 0) for own in finalists.values()), default=0)
    context = {"finalists": len(finalists), "earlier_looks": max(looks - len(finalists), 0)}
    forecast = {name: dict(own["forecast_test"]) for name, own in finalists.items() if "forecast_test" in own}
    money = {name: _money(returns[name], baselines, base) for name in finalists}
    _correct(forecast, context)
    _correct({name: own["active"] for name, own in money.items()}, context)
    return {
        name: {
            "forecast": _both(own["forecast"], forecast.get(name, _NOT_JUDGED)),
            "money": _both(own["money"], money[name]["active"] if name in money else _NOT_JUDGED)
            | {"above_buy_and_hold": money[name]["above_buy_and_hold"] if name in money else _NOT_JUDGED},
        }
        for name, own in validation.items()
    }


def verdicts_of_validation(validation: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return verdicts as long as nothing is judged on the holdout.

    **Looks ahead:** label only, to judge.

    Args:
        validation: Of ``validation_tests``.
    """
    return verdicts(validation, {}, {}, pd.DataFrame(), {})


def _money(returns: pd.DataFrame, baselines: pd.DataFrame, base: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return money_tests(returns, baselines, base["horizon_bars"], base["bars_per_year"])


def _correct(tests: Mapping[str, dict[str, Any]], context: Mapping[str, int]) -> None:
    """Correct the p-values of finalists for each other and for earlier looks, in place."""
    known = {name: test["p_value"] for name, test in tests.items() if test.get("p_value") is not None}
    corrected = holm(known, context["finalists"] - len(known) + context["earlier_looks"])
    for name, test in tests.items():
        test.update(context)
        if name in corrected:
            test.update(single_p_value=test["p_value"], p_value=corrected[name])


def _both(validation: Mapping[str, Any], holdout: Mapping[str, Any]) -> dict[str, Any]:
    above = [test.get("p_value") is not None and test["p_value"] <= LEVEL for test in (validation, holdout)]
    return {"validation": dict(validation), "holdout": dict(holdout), "above": all(above)}
