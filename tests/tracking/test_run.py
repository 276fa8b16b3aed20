"""A pipeline run in MLflow."""

from trading_hpo.parameters import Parameters
from trading_hpo.reporting.report import SELECTION
from trading_hpo.tracking.run import log_parameters, log_report, readable

PARAMETERS = Parameters(
    scenario="base",
    source="sp500_20",
    search_spaces={"common": {"learning_rate": {"type": "float", "low": 1e-4, "high": 1e-1, "log": True}}},
)


def test_every_parameter_is_one_readable_line():
    lines = readable(PARAMETERS)
    assert lines["hpo.n_trials"] == "100"
    assert lines["training.loss"] == "auto"
    assert lines["search_spaces.common.learning_rate"] == '{"type": "float", "low": 0.0001, "high": 0.1, "log": true}'
    assert not any("Config(" in text for text in lines.values())


def test_parameters_of_any_number_and_length_are_logged(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    many = PARAMETERS.model_copy(update={"assets": tuple(f"ASSET{number}" for number in range(2000))})
    log_parameters(client, run_id, many)
    logged = client.get_run(run_id).data.params
    assert logged.keys() == readable(many).keys()
    assert logged["assets"].startswith('["ASSET0", "ASSET1"')


def test_the_report_is_logged_by_model_type_without_what_is_not_known(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    names = ("validation", "validation_constant", "validation_sharpe", "holdout", "holdout_constant", "holdout_sharpe")
    tests = [f"{about}_{part}_p_value" for about in ("forecast", "money") for part in ("validation", "holdout")]
    line = dict.fromkeys((*names, *tests, *SELECTION), None)
    line |= {"holdout_max_drawdown": 0.2, "model_type": "mlp", "validation": 0.1, "money_holdout_p_value": 0.04}
    line["deflated_sharpe"] = 0.41
    log_report(client, run_id, {"models": [line], "holdout_looks": 3})
    assert client.get_run(run_id).data.metrics == {
        "mlp.validation": 0.1,
        "mlp.money_holdout_p_value": 0.04,
        "mlp.deflated_sharpe": 0.41,
        "mlp.holdout_max_drawdown": 0.2,
        "holdout_looks": 3,
    }
