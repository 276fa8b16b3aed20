"""A trial among those of its study, from their records alone: what `kedro study show` can say without the ledger."""

from dataclasses import asdict

import numpy as np
import pytest
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.study_alone import deflated_alone
from trading_hpo.engine.trial_record import MOMENTS
from trading_hpo.overfitting.sharpe import Moments, deflated_sharpe, probabilistic_sharpe
from trading_hpo.reporting.studies import study_lines

ACTIVE = np.random.default_rng(0).normal(0.0005, 0.01, (5, 400))
PRINT = {
    "data": {"assets": ["A"], "first": "2010-01-04", "last": "2020-01-02", "label": "direction", "horizon_bars": 1},
    **{"folds": {}, "seed": 0, "search_space": {}},
}
PRINT["data"]["features"] = ["x"]


def noted(place, **options):
    return trial_of(place / 10, **{MOMENTS: {**asdict(Moments.of(ACTIVE[place])), "folds": [0]}}, **options)


def searched(*trials):
    return study_of(*trials, fingerprint=PRINT)


def test_it_is_deflated_for_complete_and_pruned_trials_by_the_spread_of_complete_ones():
    pruned = trial_of(state=TrialState.PRUNED, reports={1: 0.1})
    study = searched(*(noted(place) for place in range(5)), pruned, trial_of(state=TrialState.FAIL))
    ratios = [Moments.of(one).sharpe for one in ACTIVE]
    spread = max(np.std(ratios, ddof=1), 1 / np.sqrt(399))  # of five no smaller than that of luck
    expected = deflated_sharpe(Moments.of(ACTIVE[4]), 6, spread)
    assert deflated_alone(study, study.trials[4]) == (pytest.approx(expected), 6)
    assert f"luck        DSR {expected:.2f} among the 6 trials of this study" in "\n".join(study_lines(study, "x"))


def test_one_trial_alone_is_not_deflated():
    study = searched(noted(2))
    assert deflated_alone(study, study.trials[0]) == (probabilistic_sharpe(Moments.of(ACTIVE[2])), 1)
    assert "of its only trial; the report" in "\n".join(study_lines(study, "x"))


@pytest.mark.parametrize("moments", [{}, asdict(Moments.of(np.zeros(5)))])
def test_a_trial_without_returns_that_vary_has_none(moments):
    study = searched(trial_of(0.1, **{MOMENTS: moments}))
    assert deflated_alone(study, study.trials[0]) is None
    assert "luck" not in "\n".join(study_lines(study, "x"))
