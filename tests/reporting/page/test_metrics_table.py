"""Every metric of a configuration stands beside the baselines', on the same bars."""

from dataclasses import replace

from tests.makers.pages import made

from trading_hpo.reporting.page.metrics_table import every_metric


def test_metrics_come_in_the_order_of_the_registry_each_beside_the_constant_forecasts_and_buy_and_hold():
    page = made()
    best = {"metrics": {"sharpe": 0.5, "mcc": 0.04, "win_rate": None, "not_registered": 1.0}}
    judged = replace(
        page.judged,
        holdouts={"mlp": {"metrics": {"mcc": 0.02, "sharpe": None}}},
        baselines={
            "validation": {"constant_forecast": {"mcc": 0.0}, "buy_and_hold": {"sharpe": 0.9}},
            "holdout": {"constant_forecast": {"mcc": 0.01}, "buy_and_hold": {"sharpe": 0.8}},
        },
    )
    folded = every_metric("mlp", best, judged)
    (table,) = folded.blocks
    assert "mlp" in folded.title
    assert table.head == ["metric", "unit", *["mlp", "constant forecast", "buy and hold"] * 2]
    assert table.rows == [
        ["mcc", "", "0.040", "0.000", "–", "0.020", "0.010", "–"],
        ["sharpe", "per year", "0.500", "–", "0.900", "–", "–", "0.800"],
        ["win_rate", "share", "–", "–", "–", "–", "–", "–"],
    ]


def test_what_was_not_judged_on_the_holdout_has_a_validation_alone():
    (table,) = every_metric("mlp", {"metrics": {"mcc": 0.04}}, replace(made().judged, holdouts={})).blocks
    assert table.rows == [["mcc", "", "0.040", "0.000", "–", "–", "0.000", "–"]]
