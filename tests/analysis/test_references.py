"""Networks beside the best reference, as their studies have kept them."""

from typing import Any

import numpy as np
import optuna
import pytest
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.references import against_reference
from trading_hpo.engine.trial_record import BLOCK_SCORES, FOLDS
from trading_hpo.overfitting.paired_interval import paired_interval
from trading_hpo.study.conditions import Conditions
from trading_hpo.study.fingerprint import FINGERPRINT

PRINT = {"data": "d", "folds": {}, "search": [0, 9], "holdout": [9, 12], "longest_window": 2}
KEY = Conditions("any", PRINT).data_key
N_FOLDS, N_BLOCKS = 4, 32
COMMON = np.random.default_rng(0).normal(size=N_BLOCKS)  # easy and hard times


def searched(
    model_type: str,
    value: float,
    *,
    metric: str = "mcc",
    direction: str = "maximize",
    blocks: bool = True,
    conditions: dict[str, Any] = PRINT,
) -> optuna.Study:
    """A study whose second trial is the best; scores of blocks are centred on its value."""
    draw = np.random.default_rng(len(model_type))
    of_folds = [{"fold": number, "metrics": {metric: value + 0.01 * draw.normal()}} for number in range(N_FOLDS)]
    excess = COMMON + 0.1 * draw.normal(size=N_BLOCKS)
    kept = {"metric": metric, "folds": N_FOLDS, "excess": (excess - excess.mean() + value).tolist()}
    best = trial_of(value, **{FOLDS: of_folds, **({BLOCK_SCORES: kept} if blocks else {})})
    worse = trial_of(value - 1 if direction == "maximize" else value + 1, **{FOLDS: of_folds})
    return study_of(
        worse, best, name=f"a.{model_type}", metrics=[metric], directions=[direction], **{FINGERPRINT: conditions}
    )


def compared(*studies: optuna.Study) -> dict[str, Any]:
    chosen = {study.study_name.partition(".")[2]: (study.study_name, 1) for study in studies}
    return against_reference(studies, chosen, KEY)


def scores(study: optuna.Study) -> np.ndarray:
    return np.array(study.trials[1].user_attrs[BLOCK_SCORES]["excess"])


def test_each_network_is_compared_block_by_block_with_the_best_reference() -> None:
    linear, trees = searched("linear", 0.02), searched("gradient_boosting", 0.05)
    mlp, lstm = searched("mlp", 0.03), searched("lstm", 0.2)
    found = compared(linear, trees, mlp, lstm)
    assert {name: found[name] for name in ("reference", "metric", "level")} == {
        "reference": "gradient_boosting",
        "metric": "mcc",
        "level": 0.9,
    }
    for study, value in ((mlp, 0.03), (lstm, 0.2)):
        own = found["networks"][study.study_name[2:]]
        expected = paired_interval(scores(study) - scores(trees), value - 0.05, N_FOLDS, n_compared=2)
        assert expected is not None
        assert own == {
            "difference": pytest.approx(value - 0.05),
            "low": pytest.approx(expected.low),
            "high": pytest.approx(expected.high),
            "p_value": pytest.approx(expected.p_value),
            "pairs": "32 blocks of bars",
        }
    assert found["networks"]["lstm"]["low"] > 0 > found["networks"]["mlp"]["low"]


def test_what_all_have_in_common_cancels() -> None:
    found = compared(searched("linear", 0.02), searched("mlp", 0.03))["networks"]["mlp"]
    assert found["high"] - found["low"] < 0.1 < COMMON.std()


def test_less_is_better_where_it_is() -> None:
    options = {"metric": "rmse", "direction": "minimize", "blocks": False}
    found = compared(
        searched("linear", 0.5, **options),
        searched("gradient_boosting", 0.6, **options),
        searched("mlp", 0.2, **options),
    )
    assert found["reference"] == "linear"
    assert found["networks"]["mlp"]["difference"] == pytest.approx(0.3)
    assert found["networks"]["mlp"]["low"] > 0


def test_folds_are_the_pairs_of_what_has_no_scores_of_blocks() -> None:
    linear, mlp = searched("linear", 0.02), searched("mlp", 0.03, blocks=False)
    (own,) = compared(linear, mlp)["networks"].values()
    folds = [[fold["metrics"]["mcc"] for fold in study.trials[1].user_attrs[FOLDS]] for study in (mlp, linear)]
    expected = paired_interval(np.subtract(*folds), 0.01)
    assert expected is not None
    assert own["pairs"] == "4 folds"
    assert (own["low"], own["high"]) == pytest.approx((expected.low, expected.high))


def test_studies_on_other_rows_or_of_another_metric_are_not_compared() -> None:
    linear, elsewhere = searched("linear", 0.02), searched("mlp", 0.3, conditions=PRINT | {"longest_window": 3})
    nothing = {"why": "no network was searched on these data"}
    assert compared(linear, elsewhere) == nothing
    assert compared(linear) == nothing
    assert compared(searched("mlp", 0.1)) == {"why": "no reference was searched on these data"}
    assert compared(linear, searched("mlp", 0.1, metric="auc"))["networks"] == {"mlp": {"why": "its study is of auc"}}


def test_a_network_that_never_differs_has_no_interval() -> None:
    linear = searched("linear", 0.02, blocks=False)
    same = study_of(*linear.trials, name="a.mlp", **{FINGERPRINT: PRINT})
    assert compared(linear, same)["networks"]["mlp"] == {"difference": 0.0, "why": "too few folds differ"}
