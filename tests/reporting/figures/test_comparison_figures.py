"""Model types side by side."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure


def found_of(*best):
    return pd.DataFrame(
        {
            "trial": range(len(best)),
            "epochs": 10.0 * (1 + np.arange(len(best))),
            "training_time_s": 1.0 * np.arange(len(best)),
            "best": np.array(best, dtype=float),
        }
    )


def values_of(**of_model_types):
    rows = [(name, number, value) for name, values in of_model_types.items() for number, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["model_type", "trial", "value"])


def folds_of(**of_model_types):
    rows = [(name, number, value) for name, values in of_model_types.items() for number, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["model_type", "fold", "score"]).assign(times_validated=1.0)


def test_convergence_steps_by_epochs_from_the_first_complete_trial():
    figure = convergence_figure({"mlp": found_of(np.nan, 0.1, 0.1, 0.4), "lstm": found_of(0.2)}, "mcc")
    mlp, lstm = figure.data
    assert (mlp.name, lstm.name) == ("mlp", "lstm")
    assert list(mlp.x) == [20, 30, 40]
    assert list(mlp.y) == [0.1, 0.1, 0.4]
    assert mlp.line.shape == "hv"  # the best is what it is until the next trial has ended
    assert list(lstm.x) == [10]


def test_a_model_type_without_a_complete_trial_is_left_out_of_the_convergence():
    figure = convergence_figure({"mlp": found_of(np.nan, np.nan), "lstm": found_of(0.2)}, "mcc")
    assert [trace.name for trace in figure.data] == ["lstm"]


def test_comparison_shows_all_trials_and_the_best_with_its_error_over_folds():
    figure = comparison_figure(values_of(mlp=[0.1, 0.3]), folds_of(mlp=[0.1, 0.2, 0.6]), "mcc")
    box, best, folds, *legend = figure.data
    assert list(box.x) == [0.1, 0.3]
    assert list(best.x) == pytest.approx([0.3])
    assert list(best.error_x.array) == pytest.approx([np.std([0.1, 0.2, 0.6], ddof=1) / np.sqrt(3)])
    assert list(folds.x) == [0.1, 0.2, 0.6]
    assert set(folds.y) == set(box.y) == {"mlp"}
    assert [trace.name for trace in legend] == [
        "complete trial",
        "best trial, mean ± standard error over folds",
        "best trial, one fold",
    ]
    assert [trace.marker.symbol for trace in legend] == [trace.marker.symbol for trace in (box, best, folds)]


def test_folds_that_validate_each_bar_several_times_have_the_error_of_the_bars_and_not_of_the_folds():
    # The mean over all pairs of six groups is the mean of the groups, and so is its error.
    groups = np.array([0.1, 0.2, 0.6, 0.3, -0.1, 0.4])
    pairs = [(a + b) / 2 for a, b in combinations(groups, 2)]
    figure = comparison_figure(values_of(mlp=[0.1, 0.3]), folds_of(mlp=pairs).assign(times_validated=5.0), "mcc")
    assert list(figure.data[1].x) == pytest.approx([groups.mean()])
    assert list(figure.data[1].error_x.array) == pytest.approx([groups.std(ddof=1) / np.sqrt(6)])


def test_one_fold_has_no_error_and_a_missing_fold_is_left_out():
    figure = comparison_figure(values_of(lstm=[0.1]), folds_of(lstm=[0.2, np.nan]), "mcc")
    _, best, folds, *_ = figure.data
    assert list(best.error_x.array) == [0.0]
    assert list(folds.x) == [0.2]


def test_a_model_type_without_folds_is_still_shown_trial_by_trial():
    figure = comparison_figure(values_of(mlp=[0.1], lstm=[0.2, 0.3]), folds_of(mlp=[0.1, 0.2]), "mcc")
    assert [trace.name for trace in figure.data if trace.type == "box"] == ["mlp", "lstm"]
    assert not any("lstm: best" in trace.name for trace in figure.data)
