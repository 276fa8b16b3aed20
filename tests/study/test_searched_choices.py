"""Loss, optimizer and schedule as parameters of a search."""

import json

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState


@pytest.mark.slow
def test_the_loss_is_searched_with_its_own_parameters_by_two_workers(search):
    spaces = {
        "common": {
            "loss": {"type": "categorical", "choices": ["focal", "cross_entropy"]},
            "optimizer": {"type": "categorical", "choices": ["adamw"]},
            "focal_gamma": {"type": "float", "low": 0.5, "high": 3.0},
            "weight_decay": {"type": "float", "low": 1e-6, "high": 1e-3, "log": True},
        }
    }
    storage = search(n_trials=12, workers=2, sampler="random", custom_search_spaces=spaces)
    trials = optuna.load_study(study_name="study", storage=storage.open()).trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert {trial.params["loss"] for trial in trials} == {"focal", "cross_entropy"}
    for trial in trials:
        assert ("focal_gamma" in trial.params) == (trial.params["loss"] == "focal")
        assert "weight_decay" in trial.params
        for fold in trial.user_attrs["folds"]:
            assert fold["learning_rates"] == [trial.params["learning_rate"]] * fold["epochs"]
    # Worth is MCC on validation whatever the loss: not the smaller training loss, but the better forecast wins.
    assert all(trial.value == pytest.approx(trial.user_attrs["metrics"]["mcc"]) for trial in trials)
    # The same search goes on from where it ended.
    search(n_trials=13, workers=2, sampler="random", custom_search_spaces=spaces)
    assert len(optuna.load_study(study_name="study", storage=storage.open()).trials) == 13


def test_phases_are_searched_as_lists_and_stored_as_text(search):
    phases = [[{"epochs": 3}], [{"epochs": 1}, {"epochs": 2, "share": 0.1}]]
    spaces = {
        "common": {
            "schedule": "multi_phase",
            "phases": {"type": "categorical", "choices": phases},
            "learning_rate": 0.01,
            "batch_size": 64,
        },
        "mlp": {"hidden_dim_1": 8, "hidden_dim_2": 8},
    }
    started = [{"phases": own} for own in phases]
    storage = search(n_trials=2, sampler="random", custom_search_spaces=spaces, start_from=started)
    trials = optuna.load_study(study_name="study", storage=storage.open()).trials
    by_phases = {trial.params["phases"]: trial.user_attrs["folds"][0]["learning_rates"] for trial in trials}
    assert by_phases[json.dumps(phases[0])] == pytest.approx([0.01] * 3)
    assert by_phases[json.dumps(phases[1])] == pytest.approx([0.01, 0.001, 0.001])


@pytest.mark.slow
def test_optimizer_and_schedule_are_searched_with_what_some_of_them_share(search):
    spaces = {
        "common": {
            "optimizer": {"type": "categorical", "choices": ["adamw", "radam", "sgd"]},
            "schedule": {"type": "categorical", "choices": ["constant", "cosine", "plateau"]},
            "weight_decay": {"type": "float", "low": 1e-6, "high": 1e-3, "log": True},
            "sgd_momentum": {"type": "float", "low": 0.5, "high": 0.9},
            "lr_floor": {"type": "float", "low": 0.1, "high": 0.5},
            "plateau_patience": {"type": "int", "low": 0, "high": 1},
            "warmup_epochs": {"type": "int", "low": 0, "high": 1},
        }
    }
    storage = search(n_trials=10, workers=1, sampler="random", custom_search_spaces=spaces)
    trials = optuna.load_study(study_name="study", storage=storage.open()).trials
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    for trial in trials:
        optimizer, schedule = trial.params["optimizer"], trial.params["schedule"]
        assert ("weight_decay" in trial.params) == (optimizer != "sgd")
        assert ("sgd_momentum" in trial.params) == (optimizer == "sgd")
        assert ("lr_floor" in trial.params) == (schedule != "constant")
        assert ("plateau_patience" in trial.params) == (schedule == "plateau")
        for fold in trial.user_attrs["folds"]:
            first, *later = np.array(fold["learning_rates"]) / trial.params["learning_rate"]
            assert (first < 1) == (schedule == "cosine" or trial.params["warmup_epochs"] == 1)
            if schedule == "constant":
                assert later == pytest.approx([1.0] * len(later))
    assert {trial.params["warmup_epochs"] for trial in trials} == {0, 1}
    assert {trial.params["schedule"] for trial in trials} == {"constant", "cosine", "plateau"}
