"""Searches in phases, taught by earlier studies, and on data that have grown."""

import logging
from dataclasses import replace

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import StorageError, StudyMismatchError
from trading_hpo.market.panel import ARRAYS, open_panel, save_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.study.catalogue import archive, delete
from trading_hpo.study.conditions import search_fingerprint
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.fingerprint import RESERVED
from trading_hpo.study.ranking import best_trial, ranked
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.results import phases_spent
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.study.transfer import TRANSFERRED
from trading_hpo.training.config import TrainingConfig

THREE = (
    {"name": "explore", "n_trials": 6, "epochs": 1},
    {"name": "exploit", "n_trials": 5, "epochs": 2, "sampler": {"name": "tpe", "n_startup_trials": 3}},
    {
        "name": "tune",
        "n_trials": 4,
        "epochs": 3,
        "sampler": {"name": "tpe", "n_startup_trials": 3},
        "narrow_around_best": 0.3,
    },
)


def studies(ref):
    return {name.split(".")[1]: StudyRef(name, ref.storage).open() for name in ref.names}


def everything(ref):
    return {
        name: [(t.number, t.state, t.value, t.params, t.intermediate_values) for t in study.trials]
        for name, study in studies(ref).items()
    }


def names_in(ref):
    return {summary.study_name for summary in ref.storage.open().get_all_studies()}


def test_every_phase_is_a_study_with_its_own_budget_and_epochs(phased):
    ref = phased(phases=THREE)
    found = studies(ref)
    assert {name: len(study.trials) for name, study in found.items()} == {"explore": 6, "exploit": 5, "tune": 4}
    for name, epochs in (("explore", 1), ("exploit", 2), ("tune", 3)):
        assert {trial.last_step for trial in found[name].trials} == {epochs}
    assert ref.open().study_name == "study.tune.mlp"


def test_a_phase_begins_with_the_best_of_the_one_before_and_remembers_the_rest(phased):
    ref = phased(phases=THREE)
    found = studies(ref)
    best = [trial.params for trial in ranked(found["explore"])[:3]]
    assert [trial.params for trial in found["exploit"].trials[:3]] == best
    memory = optuna.load_study(study_name=f"{RESERVED}study.exploit.mlp", storage=ref.storage.open())
    assert [trial.value for trial in memory.trials] == [trial.value for trial in found["explore"].trials]
    assert found["exploit"].user_attrs[TRANSFERRED]["teachers"] == ["study.explore.mlp"]


def test_the_last_phase_stays_around_the_best(phased):
    found = studies(phased(phases=THREE))
    best = best_trial(found["exploit"]).params
    space = found["tune"].user_attrs["fingerprint"]["search_space"]
    assert space["learning_rate"]["low"] <= best["learning_rate"] <= space["learning_rate"]["high"]
    assert space["learning_rate"]["high"] / space["learning_rate"]["low"] <= (1e-1 / 1e-4) ** 0.3 * (1 + 1e-9)
    assert space["batch_size"]["choices"] == [best["batch_size"]]
    assert {trial.params["batch_size"] for trial in found["tune"].trials} == {best["batch_size"]}


def test_phases_that_were_cut_short_go_on_bit_for_bit(phased):
    once = phased(name="whole.mlp", phases=THREE, trained=True)
    phased(name="cut.mlp", phases=({**THREE[0], "n_trials": 4},), trained=True)
    phased(name="cut.mlp", phases=(THREE[0], {**THREE[1], "n_trials": 2}), trained=True)
    phased(name="cut.mlp", phases=(*THREE[:2], {**THREE[2], "n_trials": 1}), trained=True)
    assert everything(phased(name="cut.mlp", phases=THREE, trained=True)) == everything(once)
    # And once more: nothing to do.
    assert everything(phased(name="cut.mlp", phases=THREE, trained=True)) == everything(once)


def test_a_phase_keeps_its_ranges_when_the_one_before_is_given_more_trials(phased):
    ref = phased(phases=THREE)
    before = studies(ref)["tune"].user_attrs["fingerprint"]["search_space"]
    more = (THREE[0], {**THREE[1], "n_trials": 12}, {**THREE[2], "n_trials": 6})
    found = studies(phased(phases=more))
    assert {name: len(study.trials) for name, study in found.items()} == {"explore": 6, "exploit": 12, "tune": 6}
    assert found["tune"].user_attrs["fingerprint"]["search_space"] == before


def test_what_is_read_is_the_last_phase_that_has_found_something(phased):
    ref = phased(phases=THREE[:2])
    optuna.create_study(study_name=ref.names[1].replace("exploit", "tune"), storage=ref.storage.open())
    with_empty = StudyRef(ref.study_name, ref.storage, phases=("explore", "exploit", "tune"))
    assert with_empty.latest().study_name == "study.exploit.mlp"
    assert with_empty.open().study_name == "study.exploit.mlp"


@pytest.mark.parametrize("pruner", [{"name": "median", "n_startup_trials": 4}, {"name": "hyperband"}])
def test_what_is_remembered_does_not_hurry_a_pruner(phased, pruner):
    """Remembered trials are complete, and have no values on the way to compare with."""
    phased(name="old.mlp", n_trials=8)
    taught = phased(name="new.mlp", warm_start=["old"], pruner=pruner, n_trials=6).open()
    first = [trial.params for trial in taught.trials[:3]]
    cold = phased(name="cold.mlp", start_from=first, pruner=pruner, n_trials=6).open()
    assert [(t.params, t.state, t.value) for t in taught.trials] == [(t.params, t.state, t.value) for t in cold.trials]


def test_no_phase_begins_when_the_time_is_over(phased):
    ref = phased(phases=THREE, timeout_minutes=1e-6)
    assert names_in(ref) == {"study.explore.mlp"}
    assert ref.open().study_name == "study.explore.mlp"


def test_what_each_phase_has_spent_is_counted_with_all_folds(phased):
    ref = phased(phases=THREE)
    spent = phases_spent(studies(ref))
    assert [phase["phase"] for phase in spent["phases"]] == ["explore", "exploit", "tune"]
    assert [phase["epochs"] for phase in spent["phases"]] == [6 * 1 * 2, 5 * 2 * 2, 4 * 3 * 2]
    assert spent["epochs"] == 12 + 20 + 24


def test_a_study_is_taught_by_an_earlier_one(phased):
    phased(name="old.mlp", n_trials=8)
    old = StudyRef("old.mlp", phased(name="old.mlp", n_trials=8).storage).open()
    ref = phased(name="new.mlp", warm_start=["old"], sampler={"name": "tpe", "n_startup_trials": 3}, n_trials=5)
    new = ref.open()
    assert [trial.params for trial in new.trials[:3]] == [trial.params for trial in ranked(old)[:3]]
    assert len(new.trials) == 5  # the old ones are no candidates of the new study
    cold = phased(name="cold.mlp", sampler={"name": "tpe", "n_startup_trials": 3}, n_trials=5).open()
    assert [t.params for t in cold.trials] != [t.params for t in new.trials]


@pytest.mark.parametrize(
    "sampler",
    [
        {"name": "tpe", "n_startup_trials": 2},
        pytest.param({"name": "gp", "n_startup_trials": 2}, marks=pytest.mark.long(part="engine")),
        {"name": "cmaes", "population_size": 4},
        {"name": "nsga2", "population_size": 4},
        {"name": "qmc"},
    ],
    ids=lambda sampler: sampler["name"],
)
def test_a_taught_study_goes_on_bit_for_bit_even_without_its_teacher(phased, sampler):
    old = phased(name="old.mlp", n_trials=8)
    options = {"warm_start": ["old"], "sampler": sampler}
    whole = phased(name="whole.mlp", n_trials=8, **options)
    phased(name="cut.mlp", n_trials=5, **options)
    delete(old)
    phased(name="cut.mlp", n_trials=6, **options)
    cut = phased(name="cut.mlp", n_trials=8, **options)
    params = [[(t.params, t.value) for t in ref.open().trials] for ref in (cut, whole)]
    assert params[0] == params[1]


def test_a_teacher_of_another_space_is_refused_with_the_difference_and_nothing_is_made(phased):
    wide = SearchSpacesConfig(common={"learning_rate": {"type": "float", "low": 1e-4, "high": 1.0, "log": True}})
    ref = phased(name="old.mlp", spaces=wide, n_trials=1)
    with pytest.raises(
        StudyMismatchError, match=r"learning_rate: 0.0001 to 1.0, logarithmic -> 0.0001 to 0.1"
    ) as refused:
        phased(name="new.mlp", warm_start=["old"])
    assert "batch_size: absent -> one of [32, 64]" in str(refused.value)
    assert "take it out of hpo.warm_start" in str(refused.value)
    assert names_in(ref) == {"old.mlp"}


def test_a_teacher_that_has_seen_the_holdout_is_refused(phased, growing):
    """With fewer data the holdout begins earlier: what was chosen on all of them was chosen on sealed bars."""
    phased(name="old.mlp", panel=growing(600), n_trials=1)
    with pytest.raises(StudyMismatchError, match=r"used bars up to 20.*the holdout begins at") as refused:
        phased(name="new.mlp", panel=growing(450), warm_start=["old"])
    assert "hpo.warm_start" in str(refused.value)


def test_how_far_a_study_has_searched_is_told_by_its_labels_not_by_its_bars(phased, growing):
    """A label of the last bar of a fold becomes known bars later, maybe within a holdout that begins in between."""
    panel = growing(600)
    late = replace(panel, label_end=np.minimum(panel.label_end + 4, panel.n_bars))
    for one, ahead in ((panel, 1), (late, 5)):
        split = build_split(one, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig())
        last = max(part.stop - 1 for fold in split.folds for part in fold.validation)
        made_under = search_fingerprint(one, split, {}, 2, HpoConfig(), TrainingConfig(), BacktestConfig())
        assert made_under["searched_until"] == panel.timestamps[last + ahead].isoformat()


def test_what_a_teacher_was_taught_counts_as_its_own(phased, growing):
    phased(name="far.mlp", panel=growing(500), n_trials=1)
    far = StudyRef("far.mlp", phased(name="near.mlp", panel=growing(550), n_trials=1).storage).open()
    near = phased(name="taught.mlp", panel=growing(600), warm_start=["far"], n_trials=1).follow()
    assert near.user_attrs[TRANSFERRED]["until"] == far.user_attrs["fingerprint"]["searched_until"]
    # As if the one that taught it had searched further than itself.
    near.set_user_attr(TRANSFERRED, {**near.user_attrs[TRANSFERRED], "until": growing(600).timestamps[-1].isoformat()})
    with pytest.raises(StudyMismatchError, match="used bars up to"):
        phased(name="third.mlp", panel=growing(600), warm_start=["taught"])


def test_what_studies_remember_is_no_teacher(phased):
    phased(name="old.mlp", n_trials=2)
    phased(name="new.mlp", warm_start=["old"], n_trials=1)
    with pytest.raises(StorageError, match=r"unknown study 'memory\.new\.mlp'"):
        phased(name="third.mlp", warm_start=["memory.new.mlp"])


def test_a_search_in_which_no_trial_keeps_the_constraints_says_which_it_breaks(phased, caplog):
    logging.getLogger("trading_hpo").propagate = True
    phased(n_trials=2, constraints=[{"metric": "epochs", "max": 0.5}])
    assert "no trial keeps all constraints; the nearest, " in caplog.text
    assert "breaks epochs <= 0.5" in caplog.text


def test_a_study_that_is_there_is_not_taught_and_that_is_said(phased, caplog):
    phased(name="old.mlp", n_trials=1)
    phased(name="new.mlp", n_trials=1)
    with caplog.at_level("WARNING"):
        logging.getLogger("trading_hpo").propagate = True
        phased(name="new.mlp", n_trials=2, warm_start=["old"])
    assert "was made without old.mlp, and only a new study can be taught" in caplog.text


def test_bounds_on_what_was_not_measured_then_leave_nothing_to_teach(phased):
    phased(name="old.mlp", n_trials=3)
    bounds = [{"metric": "latency_ms", "max": 1e6}]
    new = phased(name="new.mlp", warm_start=["old"], constraints=bounds, n_trials=4)
    assert f"{RESERVED}new.mlp" not in names_in(new)


def test_an_unknown_teacher_is_refused_with_the_nearest_name(phased):
    phased(name="older.mlp", n_trials=1)
    with pytest.raises(StorageError, match=r"Did you mean 'older\.mlp'"):
        phased(name="new.mlp", warm_start=["oldest.mlp"])


def test_trials_without_a_metric_of_the_new_study_teach_nothing(phased):
    phased(name="old.mlp", n_trials=3)
    cost = [{"metric": "training_gflop"}]  # was not asked for then
    new = phased(name="new.mlp", warm_start=["old"], objectives=cost, n_trials=4)
    assert f"{RESERVED}new.mlp" not in names_in(new)
    other = phased(name="other.mlp", warm_start=["old"], objectives=[{"metric": "auc"}], n_trials=4)
    memory = optuna.load_study(study_name=f"{RESERVED}other.mlp", storage=other.storage.open())
    old = StudyRef("old.mlp", new.storage).open()
    assert [t.value for t in memory.trials] == [t.user_attrs["metrics"]["auc"] for t in old.trials]


def test_archive_and_delete_take_the_memory_along(phased, tmp_path):
    phased(name="old.mlp", n_trials=3)
    new = phased(name="new.mlp", warm_start=["old"], n_trials=2)
    moved = archive(new, tmp_path / "archive")
    assert {s.study_name for s in moved.open().get_all_studies()} == {"new.mlp", f"{RESERVED}new.mlp"}
    assert names_in(new) == {"old.mlp"}


def cut(panel, n_bars):
    """The panel as it was when it had fewer bars."""
    arrays = {name: getattr(panel, name)[panel.bar < n_bars] for name in ARRAYS}
    arrays["labelled"][arrays["bar"] == n_bars - 1] = False
    return replace(panel, timestamps=panel.timestamps[:n_bars], **arrays)


@pytest.fixture
def growing(panel_file, tmp_path):
    whole = open_panel(panel_file)

    def to(n_bars):
        path = tmp_path / f"panel-{n_bars}.safetensors"
        if not path.exists():
            save_panel(cut(whole, n_bars), path)
        return open_panel(path)

    return to


def test_grown_data_make_a_new_study_taught_by_the_last_one(phased, growing):
    first = phased(panel=growing(500), n_trials=6)
    second = phased(panel=growing(550), n_trials=4, reoptimise=True)
    third = phased(panel=growing(600), n_trials=4, reoptimise=True)
    assert first.study_name == "study.mlp"
    assert second.study_name == f"study-{growing(550).timestamps[-1]:%Y%m%dT%H%M}.mlp"
    assert second.grown_from == ("study.mlp",)
    assert third.grown_from == (second.study_name,)
    best_before = ranked(first.open())[0].params
    assert second.open().trials[0].params == best_before
    assert {len(ref.open().trials) for ref in (second, third)} == {4}
    assert {trial.state for trial in third.open().trials} == {TrialState.COMPLETE}


def test_without_being_asked_grown_data_are_refused_with_the_way_out(phased, growing):
    phased(panel=growing(500), n_trials=1)
    with pytest.raises(StudyMismatchError, match=r"hpo\.reoptimise=true makes a new study"):
        phased(panel=growing(550), n_trials=1)
    with pytest.raises(StudyMismatchError) as refused:
        phased(panel=growing(450), n_trials=1)
    assert "reoptimise" not in str(refused.value)


def test_data_that_have_not_grown_go_on_with_their_study(phased, growing):
    first = phased(panel=growing(500), n_trials=3)
    again = phased(panel=growing(500), n_trials=5, reoptimise=True)
    assert again.study_name == first.study_name
    assert len(again.open().trials) == 5
    grown = phased(panel=growing(550), n_trials=3, reoptimise=True)
    assert phased(panel=growing(550), n_trials=4, reoptimise=True).study_name == grown.study_name
    assert len(grown.open().trials) == 4


def test_a_study_without_a_complete_trial_teaches_nobody(phased, growing):
    phased(panel=growing(500), n_trials=4)
    phased(panel=growing(550), n_trials=4, reoptimise=True, limits={"max_model_size_mb": 1e-9})  # gives all up
    assert phased(panel=growing(600), n_trials=1, reoptimise=True).grown_from == ("study.mlp",)


def test_phases_on_grown_data_are_taught_by_the_first_phase(phased, growing):
    phased(panel=growing(500), phases=THREE[:2])
    ref = phased(panel=growing(550), phases=THREE[:2], reoptimise=True)
    assert ref.grown_from == ("study.explore.mlp",)
    assert [len(study.trials) for study in studies_of(ref)] == [6, 5]


def studies_of(ref):
    return [part.open() for part in ref.each()]
