"""What has no skill is called above in at most one case of twenty, and what has some mostly is.

The bounds are the 97.5 % ones of a binomial law of 5 %: 64 of 1,000, 16 of 200. Seeds are 0, 1, 2, ... and never
chosen; a test that fails here says that the method is wrong.
"""

import numpy as np
import pytest
from scipy.stats import binom
from tests.overfitting.nulls import FOLDS, STRUCTURES, active_returns, block_scores, calls_and_labels
from threadpoolctl import threadpool_limits

from trading_hpo.overfitting.best_of_many import by_blocks, by_returns
from trading_hpo.overfitting.holm import holm
from trading_hpo.overfitting.intervals import mean_interval
from trading_hpo.overfitting.reality_check import reality_check, superior_predictive_ability
from trading_hpo.overfitting.stationary_bootstrap import block_length

LEVEL = 0.05
BOUNDS = {200: 16, 1000: 64}
SHORT = pytest.param(200, 99, id="200")
LONG = pytest.param(1000, 499, id="1000", marks=pytest.mark.long(part="calibration"))
nulls = pytest.mark.parametrize(("n_nulls", "n_draws"), [SHORT, LONG])


@pytest.fixture(autouse=True)
def one_thread():
    """Matrices this small are multiplied faster without others, above all where two tests run at a time."""
    with threadpool_limits(1):
        yield


def test_the_bounds_are_those_of_a_true_level():
    assert {n: int(binom.ppf(0.975, n, LEVEL)) for n in BOUNDS} == BOUNDS


def looks(series):
    """Yield the trials that are compared, how many were tried, and the best of them by its mean."""
    n = len(series)
    for compared, n_tried in ((series[:1], 1), (series[:8], 8), (series, n), (_not_pruned(series), n)):
        yield compared, n_tried, int(compared.mean(axis=1).argmax())


def _not_pruned(series):
    """The better third, as a pruner leaves it: the others were tried and have no series."""
    return series[np.argsort(-series.mean(axis=1))[: len(series) // 3]]


def _least_of_family(p_values):
    return min(holm({str(number): p for number, p in enumerate(p_values)}).values())


def count_above(p_values):
    return (np.array(p_values) <= LEVEL).sum(axis=0)


def assert_calibrated(above, n_nulls, what):
    print(f"{what}: {above.tolist()} of {n_nulls} above")
    assert above.max() <= BOUNDS[n_nulls]


@nulls
@pytest.mark.parametrize("common", [0.0, 0.5])
def test_forecasts_without_skill_are_not_above_for_1_8_100_and_33_of_100_trials(common, n_nulls, n_draws):
    found = []
    for seed in range(n_nulls):
        scores = block_scores(*calls_and_labels(seed, 100, 640, 4, common))
        each = [by_blocks(own, best, n, FOLDS, 2 * n_draws + 1, seed) for own, n, best in looks(scores)]
        found.append([one.p_value for one in each])
    assert_calibrated(count_above(found), n_nulls, f"blocks, {common} in common")


@nulls
@pytest.mark.parametrize("structure", STRUCTURES)
def test_returns_without_skill_are_not_above_for_1_8_100_and_33_of_100_trials(structure, n_nulls, n_draws):
    found = []
    for seed in range(n_nulls):
        active = active_returns(seed, structure, 100, 400)
        each = [by_returns(own, best, n, block_length(own[best]), n_draws, seed) for own, n, best in looks(active)]
        found.append([one.p_value for one in each])
    assert_calibrated(count_above(found), n_nulls, f"returns, {structure}")


@nulls
@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_best_of_50_strategies_without_skill_is_not_superior(structure, n_nulls, n_draws):
    found = []
    for seed in range(n_nulls):
        active = active_returns(seed, structure, 50, 400)
        length = block_length(active[active.mean(axis=1).argmax()])
        hansens = superior_predictive_ability(active, length, n_draws, seed)
        found.append([reality_check(active, length, n_draws, seed), hansens.consistent, hansens.upper])
    assert_calibrated(count_above(found), n_nulls, f"reality check, Hansen's consistent and upper, {structure}")


@nulls
@pytest.mark.parametrize("n_bars", [300, 750, 1500])
def test_means_without_skill_are_not_above(n_bars, n_nulls, n_draws):
    found = []
    for seed in range(n_nulls):
        active = [active_returns(seed, structure, 1, n_bars)[0] for structure in ("independent", "callers")]
        found.append([mean_interval(own, n_draws=n_draws, seed=seed).p_value for own in active])
    assert_calibrated(count_above(found), n_nulls, f"means of {n_bars} bars")


@nulls
def test_families_of_four_finalists_without_skill_seldom_have_one_above(n_nulls, n_draws):
    returns, forecasts = [], []
    for seed in range(n_nulls):
        active = active_returns(seed, "factor", 4, 500)
        scores = block_scores(*calls_and_labels(seed, 4, 500, 4), folds=1, blocks=20)
        of_means = [mean_interval(own, n_draws=n_draws, seed=seed).p_value for own in active]
        of_blocks = [by_blocks(own[None], 0, 1, n_draws=2 * n_draws + 1, seed=seed).p_value for own in scores]
        returns.append(_least_of_family(of_means))
        forecasts.append(_least_of_family(of_blocks))
    assert_calibrated(count_above(np.stack([returns, forecasts], axis=1)), n_nulls, "families of four")


@pytest.mark.parametrize(
    ("n_trials", "least"), [(8, 18), pytest.param(100, 15, marks=pytest.mark.long(part="calibration"))]
)
def test_an_mcc_of_a_tenth_on_1500_bars_of_20_assets_is_found(n_trials, least):
    found, shown = [], []
    for seed in range(20):
        scores = block_scores(*calls_and_labels(seed, n_trials, 1500, 20, edge=0.125))
        best = int(scores.mean(axis=1).argmax())
        found.append(best == 0 and by_blocks(scores, best, n_trials, FOLDS, seed=seed).p_value <= LEVEL)
        shown.append(scores[0].mean())
    print(f"an MCC of {np.mean(shown):.3f} among {n_trials}: found {sum(found)} of 20")
    assert np.mean(shown) == pytest.approx(0.1, abs=0.01)
    assert sum(found) >= least


@pytest.mark.parametrize(
    ("n_trials", "n_cases", "least"),
    [
        (8, 20, 14),
        pytest.param(1, 200, 180, marks=pytest.mark.long(part="calibration")),
        pytest.param(8, 200, 150, marks=pytest.mark.long(part="calibration")),
        pytest.param(100, 200, 110, marks=pytest.mark.long(part="calibration")),
    ],
)
def test_an_active_sharpe_ratio_of_one_and_a_half_on_1500_bars_is_found(n_trials, n_cases, least):
    found = []
    for seed in range(n_cases):
        active = active_returns(seed, "factor", n_trials, 1500)
        active[0] += 1.5 / np.sqrt(252) * active[0].std()
        best = int(active.mean(axis=1).argmax())
        corrected = by_returns(active, best, n_trials, block_length(active[best]), 499, seed)
        found.append(best == 0 and corrected.p_value <= LEVEL)
    print(f"a Sharpe ratio of 1.5 among {n_trials}: found {sum(found)} of {n_cases}")
    assert sum(found) >= least
