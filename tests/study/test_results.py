import pytest
from optuna.distributions import IntDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import REASON
from trading_hpo.study.results import combined_results, model_results, trials_table

ONE = {"distributions": {"x": IntDistribution(0, 99)}, "spread": {"mcc": 0.1}, "cost": {"epochs": 4}}


def study_with(values, direction="maximize"):
    """Trials with these values; one without has failed."""
    trials = [
        trial_of(state=TrialState.FAIL, slot=number, **{REASON: "nan"})
        if value is None
        else trial_of(value, params={"x": number}, slot=number, metrics={"mcc": value}, **ONE)
        for number, value in enumerate(values)
    ]
    return study_of(*trials, name="s", directions=[direction], metrics=None)


@pytest.mark.parametrize(("direction", "ranking"), [("maximize", [2, 0, 1]), ("minimize", [1, 0, 2])])
def test_configurations_are_ranked_in_the_direction_of_the_study(direction, ranking):
    results = model_results(study_with([0.2, 0.1, 0.3, None], direction), "mlp", "sqlite:///s.db")
    assert [entry["trial_number"] for entry in results["best_configurations"]] == ranking
    assert results["best"]["rank"] == 1
    assert results["failures"] == [{"trial": 3, "reason": "nan"}]
    assert results["epochs"] == 12


def test_of_equal_values_the_earlier_trial_is_best():
    assert model_results(study_with([0.1, 0.3, 0.3]), "mlp", "sqlite:///s.db")["best"]["trial_number"] == 1


def test_a_study_without_a_complete_trial_has_no_best():
    results = model_results(study_with([None, None]), "mlp", "sqlite:///s.db")
    assert results["best"] is None
    assert results["nothing_found"].startswith("Study s has found nothing: none of 2 trials has a value of ")
    assert model_results(study_with([None, 0.1]), "mlp", "sqlite:///s.db")["nothing_found"] is None


def test_the_comparison_takes_what_exists():
    results = [
        model_results(study_with([0.2]), "mlp", "sqlite:///s.db"),
        {"model_type": "lstm", "skipped": "left out"},
        model_results(study_with([0.5]), "lstm", "sqlite:///s.db"),
        model_results(study_with([None]), "cnn_lstm", "sqlite:///s.db"),
    ]
    combined = combined_results(results)
    assert combined["overall_best"]["model_type"] == "lstm"
    assert list(combined["models"]) == ["lstm", "mlp"]
    assert combined["skipped"] == ["lstm", "cnn_lstm"]
    assert list(combined["nothing_found"]) == ["cnn_lstm"]
    assert combined_results([])["overall_best"] is None


def test_the_table_has_a_line_per_trial_with_parameters_metrics_and_reasons():
    table = trials_table(study_with([0.2, None]))
    assert table["state"].tolist() == ["COMPLETE", "FAIL"]
    assert table.loc[0, "params.x"] == 0
    assert table.loc[0, "metrics.mcc"] == 0.2
    assert table.loc[1, "reason"] == "nan"


def test_the_table_and_the_results_say_why_a_metric_of_a_trial_has_no_value():
    why = {"sharpe": "nothing was traded (fold 0)", "auc": "one class only (fold 1)"}
    study = study_of(trial_of(0.1, metrics={"mcc": 0.1, "sharpe": None, "auc": None}, no_value=why), trial_of(0.2))
    table = trials_table(study)
    assert table.loc[0, "no_value"] == "sharpe: nothing was traded (fold 0); auc: one class only (fold 1)"
    assert table["no_value"].isna().tolist() == [False, True]
    assert [own["no_value"] for own in model_results(study, "mlp", "s")["best_configurations"]] == [{}, why]
