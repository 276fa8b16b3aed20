"""Real searches with several objectives and with constraints, on the planted panel."""

import copy
import math
from dataclasses import dataclass, replace

import pytest
from optuna.trial import TrialState

from trading_hpo.engine.candidate import Report
from trading_hpo.engine.dominance import front_numbers, oriented
from trading_hpo.engine.trial_record import FOLDS, REPORTED, violation
from trading_hpo.errors import OverLimitError
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.market.panel import open_panel
from trading_hpo.metrics.cost import COST_METRICS
from trading_hpo.metrics.registry import METRICS
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import best_trial, pareto_front
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.results import combined_results, model_results, trials_table
from trading_hpo.study.search import Search
from trading_hpo.study.verify import verify
from trading_hpo.training.config import TrainingConfig

WORK = {"metric": "training_gflop", "weight": 0.2}
TWO = [{"metric": "mcc", "weight": 0.8}, WORK]
RUNGS = {"name": "successive_halving", "min_epochs": 1}
LONG = TrainingConfig(epochs=9, window_bars=2, max_windows_per_epoch=256)
GP = {"name": "gp", "n_startup_trials": 3}
SMALL = [{"metric": "model_size_mb", "max": 0.001}]
OF_A_CLASS = [name for name in METRICS if METRICS[name].needs in (None, "number", "probability")]
ONE_OF_EACH_TABLE = list({METRICS[name].compute or name: name for name in OF_A_CLASS}.values())


def everything(storage):
    return [
        (t.number, t.state, t.values, t.params, t.intermediate_values, t.user_attrs.get(REPORTED), t.constraints)
        for t in StudyRef("study", storage).open().get_trials(deepcopy=False)
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"objectives": TWO, "sampler": {"name": "tpe", "n_startup_trials": 3}, "pruner": RUNGS},
        {"objectives": TWO, "sampler": {"name": "nsga2", "population_size": 4}, "pruner": RUNGS},
        {"objectives": TWO, "sampler": {"name": "nsga3", "population_size": 4}, "constraints": SMALL},
        pytest.param({"objectives": TWO, "sampler": GP, "constraints": SMALL}, marks=pytest.mark.long(part="engine")),
        {
            "objectives": TWO,
            "sampler": {"name": "tpe", "n_startup_trials": 3},
            "constraints": SMALL,
            "pruner": "hyperband",
        },
        {"constraints": SMALL, "sampler": {"name": "tpe", "n_startup_trials": 3}, "pruner": {"name": "hyperband"}},
        pytest.param({"constraints": SMALL, "sampler": GP}, marks=pytest.mark.long(part="engine")),
    ],
    ids=["tpe", "nsga2", "nsga3-bound", "gp-bound", "tpe-bound-hyperband", "one-tpe-bound", "one-gp-bound"],
)
def test_an_interrupted_search_goes_on_bit_for_bit(search, options):
    options = {"training": LONG, **options}
    search(n_trials=4, **options)
    search(n_trials=7, **options)
    resumed, whole = search(n_trials=10, **options), search(n_trials=10, file="whole.db", **options)
    assert len(everything(whole)) == 10
    assert everything(resumed) == everything(whole)


@dataclass(frozen=True)
class OverTheLimitNowAndThen:
    """Stands for an evaluator: some trials go over a limit after their second report."""

    def evaluate(self, candidate, should_stop):
        rate = candidate.parameters["learning_rate"]
        for epoch in range(1, 10):
            if epoch == 3 and int(rate * 1e6) % 3 == 0:
                raise OverLimitError("it trained too long")
            values = (rate * epoch, float(candidate.parameters["hidden_dim_1"]))
            yield Report(values, epoch, values, finished=epoch == 9)


def make_such(_task, _panel_path):
    return OverTheLimitNowAndThen()


def test_a_trial_over_a_limit_stays_a_rival_after_a_resume(search, monkeypatch):
    of = Search.of
    monkeypatch.setattr(Search, "of", lambda *args, **options: replace(of(*args, **options), make=make_such))
    options = {"objectives": [{"metric": "mcc"}, {"metric": "epochs"}], "sampler": "random", "pruner": RUNGS}
    for n_trials in range(4, 25, 4):
        cut = search(n_trials=n_trials, training=LONG, **options)
    whole = search(n_trials=24, training=LONG, file="whole.db", **options)
    assert any("too long" in t.user_attrs.get("reason", "") for t in StudyRef("study", whole).open().trials)
    assert everything(cut) == everything(whole)


def test_trials_are_pruned_with_several_objectives_and_keep_all_they_had_reached(search):
    storage = search(n_trials=14, objectives=TWO, sampler="random", pruner=RUNGS, training=LONG)
    trials = StudyRef("study", storage).open().trials
    pruned = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert 3 <= len(pruned) < 14
    for trial in trials:
        curve = trial.user_attrs[REPORTED]
        assert list(curve.values())[-1] == trial.values
        assert [values[0] for values in curve.values()] == list(trial.intermediate_values.values())
    assert all(max(map(int, trial.user_attrs[REPORTED])) in (1, 3) for trial in pruned)


def test_the_smallest_work_is_never_pruned_away(search):
    """Where every trial trains as long, the cheapest is the smallest network: it comes to the end."""
    patient = {"common": {"early_stopping_patience": 9}}
    storage = search(
        n_trials=12, objectives=TWO, sampler="random", pruner=RUNGS, training=LONG, custom_search_spaces=patient
    )
    trials = StudyRef("study", storage).open().trials
    widths = [trial.params["hidden_dim_1"] * (4 + trial.params["hidden_dim_2"]) for trial in trials]
    first = min(range(12), key=lambda place: trials[place].user_attrs[REPORTED]["1"][1])
    assert trials[first].state == TrialState.COMPLETE, widths


def test_constraints_are_stored_for_samplers_and_for_people_and_decide_what_is_best(search):
    storage = search(n_trials=10, sampler="random", constraints=SMALL)
    study = StudyRef("study", storage).open()
    sizes = {trial.number: trial.user_attrs["cost"]["model_size_mb"] for trial in study.trials}
    for trial in study.trials:
        (over,) = trial.constraints.values()
        assert over == pytest.approx(sizes[trial.number] / 0.001 - 1)
        assert trial.system_attrs["constraints"] == [over]  # where Optuna's dashboard looks
        assert trial.user_attrs["violations"] == {"model_size_mb <= 0.001": over}
    keep = [trial for trial in study.trials if sizes[trial.number] <= 0.001]
    assert 0 < len(keep) < 10
    best = best_trial(study)
    assert violation(best) == 0
    assert best.value == max(trial.value for trial in keep)


def test_results_have_the_front_and_the_choice_by_weights(search):
    ref = StudyRef("study", search(n_trials=10, objectives=TWO, sampler="random"))
    study = ref.open()
    results = model_results(study, "mlp", "here")
    points = oriented([trial.values for trial in study.trials], ["maximize", "minimize"])
    front = {place for place, number in enumerate(front_numbers(points)) if number == 0}
    assert {one["trial_number"] for one in results["pareto_front"]} == front
    assert results["best"]["trial_number"] == best_trial(study).number in front
    assert results["best"]["objectives"].keys() == {"mcc", "training_gflop"}
    assert results["objectives"][1] == {"metric": "training_gflop", "direction": "minimize", "weight": 0.2}
    assert combined_results([results])["overall_best"]["trial_number"] == best_trial(study).number
    assert {"objectives.mcc", "objectives.training_gflop"} <= set(trials_table(study).columns)


def test_other_weights_choose_another_trial_of_the_same_study(search):
    options = {"objectives": TWO, "sampler": "random"}
    study = StudyRef("study", search(n_trials=10, **options)).open()
    accurate = best_trial(study)
    cheap = [{**TWO[0], "weight": 0.01}, {**WORK, "weight": 0.99}]
    other = StudyRef("study", search(n_trials=10, **{**options, "objectives": cheap})).open()
    assert best_trial(other).values[1] == min(trial.values[1] for trial in pareto_front(other))
    assert best_trial(other).values[1] <= accurate.values[1]


@pytest.mark.parametrize("metric", ONE_OF_EACH_TABLE)
def test_a_metric_of_a_class_is_measured_where_it_is_asked_for(search, metric):
    trial = StudyRef("study", search(n_trials=1, objectives=[{"metric": metric}])).open().trials[0]
    assert trial.state == TrialState.COMPLETE, trial.user_attrs
    assert math.isfinite(trial.value)
    kept = trial.user_attrs["cost" if metric in COST_METRICS else "metrics"]
    assert kept[metric] == trial.value


@pytest.mark.parametrize(
    ("hpo", "key", "why"),
    [
        (
            {"objectives": [{"metric": "pinball"}]},
            "reason",
            "pinball has no value: the forecast has no quantiles",
        ),
        (
            {"constraints": [{"metric": "mape", "max": 1.0}]},
            "no_value",
            {"mape": "the forecast has no price path"},
        ),
    ],
)
def test_what_is_asked_for_and_never_said_by_a_forecast_is_said_to_be_so(search, hpo, key, why):
    (trial,) = StudyRef("study", search(n_trials=1, **hpo)).open().trials
    assert trial.state == (TrialState.FAIL if key == "reason" else TrialState.COMPLETE)
    assert trial.user_attrs[key] == why


def test_every_number_of_a_trial_is_in_the_registry_and_costly_ones_are_left_out_unless_asked(search):
    attrs = StudyRef("study", search(n_trials=1)).open().trials[0].user_attrs
    assert {*attrs["metrics"], *attrs["cost"]} == {*OF_A_CLASS} - {
        "training_gflop",
        "inference_mflop",
        "latency_ms",
        "memory_mb",
    }


def test_training_over_the_memory_limit_is_given_up_before_it_begins(search):
    storage = search(n_trials=8, sampler="random", limits={"max_memory_mb": 0.03})
    trials = StudyRef("study", storage).open().trials
    given_up = [trial for trial in trials if trial.state == TrialState.PRUNED]
    assert 0 < len(given_up) < 8
    assert all("hpo.limits.max_memory_mb is 0.03" in trial.user_attrs["reason"] for trial in given_up)
    assert all("cost" not in trial.user_attrs for trial in given_up)


def test_verify_compares_every_objective_but_those_of_a_clock(search, panel_file, tmp_path):
    objectives = [*TWO, {"metric": "training_time_s"}]
    storage = search(name="study.mlp", n_trials=2, objectives=objectives)
    KeptPanels(tmp_path / "test/planted/05_model_input/kept").keep(open_panel(panel_file))
    found = verify(StudyRef("study.mlp", storage), tmp_path)
    assert found.same
    assert set(found.stored) == {"mcc", "training_gflop"}


def test_a_metric_that_was_another_number_then_is_not_compared(search, panel_file, tmp_path, monkeypatch):
    storage = search(name="study.mlp", n_trials=1)
    KeptPanels(tmp_path / "test/planted/05_model_input/kept").keep(open_panel(panel_file))
    ref = StudyRef("study.mlp", storage)

    def with_mape(study):
        trial = copy.deepcopy(best_trial(study))
        for fold in trial.user_attrs[FOLDS]:
            fold["metrics"]["mape"] = 9.9
        return trial

    def with_one_weight(study):
        conditions = copy.deepcopy(conditions_of(study))
        del conditions["backtest"]["classification_weight"]
        return conditions

    monkeypatch.setattr("trading_hpo.study.verify.best_trial", with_mape)
    assert not verify(ref, tmp_path).same
    monkeypatch.setattr("trading_hpo.study.verify.conditions_of", with_one_weight)
    assert verify(ref, tmp_path).same
