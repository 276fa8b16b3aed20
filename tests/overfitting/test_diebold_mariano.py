"""Two forecasts compared: another library, laws, and how often equal forecasts are called different."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as students
from tests.overfitting.nulls import FOLDS, block_scores, calls_and_labels

from trading_hpo.overfitting.diebold_mariano import diebold_mariano

few = settings(deadline=None, max_examples=60)


def losses(seed, n_bars, horizon=1, edge=0.0):
    """Return squared errors of two forecasts that overlap over ``horizon`` bars; the first is better by ``edge``."""
    random = np.random.default_rng(seed)
    steps = random.normal(size=(2, n_bars + horizon - 1))
    errors = np.stack([np.convolve(own, np.ones(horizon), "valid") for own in steps])
    errors[1] *= 1 + edge
    return errors**2


@pytest.mark.parametrize("horizon", [1, 2, 5])
@pytest.mark.parametrize("n_bars", [12, 60, 400])
def test_before_its_correction_the_statistic_is_that_of_statsmodels(horizon, n_bars):
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.sandwich_covariance import weights_uniform

    one, other = losses(n_bars, n_bars, horizon)
    fitted = OLS(one - other, np.ones(n_bars)).fit(
        cov_type="HAC", cov_kwds={"maxlags": horizon - 1, "kernel": weights_uniform, "use_correction": False}
    )
    found = diebold_mariano(one, other, horizon)
    correction = np.sqrt((n_bars + 1 - 2 * horizon + horizon * (horizon - 1) / n_bars) / n_bars)
    assert found.statistic == pytest.approx(fitted.tvalues[0] * correction)
    assert found.p_value == pytest.approx(students.cdf(found.statistic, n_bars - 1))


def test_over_one_bar_it_is_students_test_of_the_differences():
    from scipy.stats import ttest_1samp

    one, other = losses(1, 50)
    found, expected = diebold_mariano(one, other, 1), ttest_1samp(one - other, 0.0, alternative="less")
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("n_estimated", [1, 4])
def test_each_estimated_number_takes_a_bar_from_the_error_and_a_degree_of_freedom(n_estimated):
    one, other = losses(1, 32)
    difference = one - other
    found = diebold_mariano(one, other, 1, n_estimated)
    assert found.statistic == pytest.approx(difference.mean() / (difference.std(ddof=1) / np.sqrt(32 - n_estimated)))
    assert found.p_value == pytest.approx(students.cdf(found.statistic, 31 - n_estimated))


def test_scores_of_blocks_without_skill_are_called_better_in_at_most_one_of_twenty_cases():
    """Blocks of a fold share what is estimated from them: without a degree of freedom for each fold it is more."""
    scores = [block_scores(*calls_and_labels(seed, 1, 640, 4))[0] for seed in range(1000)]
    better = [diebold_mariano(-own, np.zeros(len(own)), 1, n_estimated=FOLDS).p_value <= 0.05 for own in scores]
    assert sum(better) <= 64  # as the verdicts: the 97.5 % bound of a binomial law


def test_a_variance_that_is_not_positive_is_that_of_independent_bars():
    one = np.tile([1.0, 2.0], 20) + 1e-3 * np.arange(40)
    found = diebold_mariano(one, np.full(40, 1.4), 2)  # it turns with every bar
    assert found.statistic * np.sqrt(40 / (40 - 3 + 2 / 40)) == pytest.approx(
        (one - 1.4).mean() / (one.std() / np.sqrt(40))
    )


@few
@given(seed=st.integers(0, 500), n_bars=st.integers(8, 80), horizon=st.integers(1, 5))
def test_what_speaks_for_one_speaks_as_much_against_the_other(seed, n_bars, horizon):
    one, other = losses(seed, n_bars, horizon)
    found, swapped = diebold_mariano(one, other, horizon), diebold_mariano(other, one, horizon)
    assert swapped.statistic == pytest.approx(-found.statistic)
    assert swapped.p_value == pytest.approx(1 - found.p_value)
    assert (found.statistic < 0) == (one.mean() < other.mean())


@few
@given(seed=st.integers(0, 500), horizon=st.integers(1, 5), scale=st.sampled_from([1e-8, 0.3, 1e6]))
def test_the_scale_of_the_losses_and_what_both_lose_do_not_matter(seed, horizon, scale):
    one, other = losses(seed, 50, horizon)
    shared = np.random.default_rng(seed).normal(size=50)
    found, scaled = (
        diebold_mariano(one, other, horizon),
        diebold_mariano(*(scale * (x + shared) for x in (one, other)), horizon),
    )
    assert scaled.statistic == pytest.approx(found.statistic)


@few
@given(seed=st.integers(0, 500), less=st.floats(0.01, 2.0))
def test_a_first_that_loses_less_on_every_bar_is_surer(seed, less):
    one, other = losses(seed, 50)
    assert diebold_mariano(one - less, other, 1).p_value <= diebold_mariano(one, other, 1).p_value


@pytest.mark.parametrize(("n_bars", "horizon"), [(16, 1), (64, 1), (64, 3), (250, 5)])
def test_equal_forecasts_are_called_better_in_about_one_of_twenty_cases(n_bars, horizon):
    better = [diebold_mariano(*losses(seed, n_bars, horizon), horizon).p_value <= 0.05 for seed in range(1000)]
    assert np.mean(better) == pytest.approx(0.05, abs=0.02)


def test_a_better_forecast_is_found():
    better = [diebold_mariano(*losses(seed, 250, 5, edge=0.5), 5).p_value <= 0.05 for seed in range(100)]
    assert np.mean(better) > 0.9


@pytest.mark.parametrize("by", [0.0, 0.1])
def test_losses_that_differ_by_the_same_on_all_bars_have_no_test(by):
    one = np.random.default_rng(0).normal(size=40)
    assert diebold_mariano(one, one + by, 1) is None


@pytest.mark.parametrize(
    ("one", "other", "horizon", "message"),
    [
        (np.ones(30), np.ones(29), 1, "loss_b must have the 30 bars of loss_a, got 29. Keep those of both"),
        (np.ones(30), np.ones(30), 0, "horizon_bars must be at least 1 and below the 30 bars, got 0"),
        (np.ones(5), np.ones(5), 5, "horizon_bars must be at least 1 and below the 5 bars, got 5"),
        (np.ones(0), np.ones(0), 1, "below the 0 bars"),
        (np.append(np.ones(9), np.nan), np.ones(10), 1, "values must be finite, got 1 of 10"),
    ],
)
def test_what_cannot_be_compared_is_refused(one, other, horizon, message):
    with pytest.raises(ValueError, match=message):
        diebold_mariano(one, other, horizon)


@pytest.mark.parametrize("n_estimated", [-1, 9])
def test_more_estimated_numbers_than_bars_can_spare_are_refused(n_estimated):
    one, other = losses(1, 10)
    with pytest.raises(ValueError, match=f"n_estimated must be at least 0 and below 9, got {n_estimated}"):
        diebold_mariano(one, other, 1, n_estimated)
