"""Sharpe ratios judged: the numbers of the papers, another library at equal moments, and laws."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import deflated_sharpe_ratio
from purgedcv import minimum_backtest_length as their_backtest_length
from scipy import stats

from trading_hpo.overfitting.sharpe import (
    Moments,
    deflated_sharpe,
    expected_best_sharpe,
    minimum_backtest_length,
    minimum_track_record,
    probabilistic_sharpe,
    spread_of_sharpes,
)

few = settings(deadline=None, max_examples=100)


def moments_of(count, sharpe, skewness=0.0, kurtosis=3.0):
    return Moments(count, sharpe, (count - 1) / count, skewness, kurtosis)


@st.composite
def records(draw):
    """Moments that a series can have."""
    skewness = draw(st.floats(-3, 3))
    kurtosis = skewness**2 + 1 + draw(st.floats(0.1, 10))
    return moments_of(draw(st.integers(20, 5000)), draw(st.floats(-0.5, 0.5)), skewness, kurtosis)


# Bailey and Lopez de Prado (2012), The Sharpe Ratio Efficient Frontier, section "Numerical example": a fund of 24
# months with a ratio of 0.458 a month, 1.59 a year.
@pytest.mark.parametrize(("skewness", "kurtosis", "expected"), [(0.0, 3.0, 0.982), (-2.448, 10.164, 0.913)])
def test_the_probabilistic_ratio_is_that_of_the_paper(skewness, kurtosis, expected):
    fund = moments_of(24, 0.458, skewness, kurtosis)
    assert probabilistic_sharpe(fund) == pytest.approx(expected, abs=6e-4)


# The same paper, section "Track record length": years to be sure of a ratio above 1 where 2 is seen.
@pytest.mark.parametrize(
    ("per_year", "skewness", "kurtosis", "years"),
    [(250, 0.0, 3.0, 2.73), (52, 0.0, 3.0, 2.83), (12, 0.0, 3.0, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_the_track_record_is_that_of_the_paper(per_year, skewness, kurtosis, years):
    seen = moments_of(36, 2 / np.sqrt(per_year), skewness, kurtosis)
    assert minimum_track_record(seen, 1 / np.sqrt(per_year)) / per_year == pytest.approx(years, abs=0.005)


# Bailey and Lopez de Prado (2014), The Deflated Sharpe Ratio, section "A numerical example": 2.5 a year over five years
# of 250 days, the trials' ratios with a variance of one half a year.
@pytest.mark.parametrize(
    ("n_trials", "skewness", "kurtosis", "expected"),
    [(100, -3.0, 10.0, 0.9004), (46, -3.0, 10.0, 0.9505), (88, 0.0, 3.0, 0.9505)],
)
def test_the_deflated_ratio_is_that_of_the_paper(n_trials, skewness, kurtosis, expected):
    seen = moments_of(1250, 2.5 / np.sqrt(250), skewness, kurtosis)
    assert deflated_sharpe(seen, n_trials, np.sqrt(0.5 / 250)) == pytest.approx(expected, abs=5e-5)


def test_the_best_of_luck_is_that_of_the_papers():
    assert expected_best_sharpe(100, np.sqrt(0.5 / 250)) == pytest.approx(0.1132, abs=5e-5)
    # Bailey et al. (2014), Pseudo-Mathematics and Financial Charlatanism: 1.57 of ten trials over one year, and no
    # more than 45 trials on five years of data.
    assert expected_best_sharpe(10, 1.0) == pytest.approx(1.57, abs=0.006)
    assert minimum_backtest_length(45, 1.0) <= 5 < minimum_backtest_length(46, 1.0)


@pytest.mark.parametrize("n_trials", [5, 20, 100, 1000])
def test_the_best_of_luck_is_what_simulated_luck_shows(n_trials):
    best = np.random.default_rng(0).standard_normal((2000, n_trials)).max(axis=1).mean()
    assert expected_best_sharpe(n_trials, 2.0) == pytest.approx(2 * best, rel=0.03)


def test_moments_are_those_of_scipy():
    returns = np.random.default_rng(2).gamma(2, 0.01, 300)
    found = Moments.of(returns)
    assert (found.count, found.mean, found.variance) == (300, returns.mean(), pytest.approx(returns.var()))
    assert found.skewness == pytest.approx(stats.skew(returns))
    assert found.kurtosis == pytest.approx(stats.kurtosis(returns, fisher=False))
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))


def test_at_equal_moments_purgedcv_deflates_alike():
    returns = np.random.default_rng(3).standard_t(5, 700) * 0.01 + 0.0005
    ours = Moments.of(returns)
    theirs = replace(
        ours,
        variance=ours.variance * 699 / 700,  # their ratio has the population's deviation
        skewness=stats.skew(returns, bias=False),
        kurtosis=stats.kurtosis(returns, bias=False, fisher=False),
    )
    for n_trials in (1, 2, 50):
        expected = deflated_sharpe_ratio(returns, n_trials, 0.02**2)
        assert deflated_sharpe(theirs, n_trials, 0.02) == pytest.approx(expected, rel=1e-9)
        assert deflated_sharpe(ours, n_trials, 0.02) == pytest.approx(expected, abs=0.002)
    assert minimum_backtest_length(50, 1.3) == pytest.approx(their_backtest_length(50, 1.3), rel=1e-9)


def test_of_skewed_returns_one_in_twenty_is_above_its_true_ratio_at_95_percent():
    returns = np.random.default_rng(4).gamma(4.0, 0.5, (4000, 250)) - 1.9  # a true ratio of 0.1
    above = [probabilistic_sharpe(Moments.of(one), 0.1) > 0.95 for one in returns]
    assert np.mean(above) == pytest.approx(0.05, abs=0.012)


@few
@given(record=records(), more=st.integers(1, 1000))
def test_more_bars_make_surer(record, more):
    one, other = (
        probabilistic_sharpe(record),
        probabilistic_sharpe(moments_of(record.count + more, record.sharpe, record.skewness, record.kurtosis)),
    )
    assert (other >= one - 1e-12) if record.sharpe > 0 else (other <= one + 1e-12)


@few
@given(record=records(), n_trials=st.integers(1, 5000), spread=st.floats(0, 0.2), more=st.integers(1, 1000))
def test_more_trials_and_a_wider_spread_never_raise_the_deflated_ratio(record, n_trials, spread, more):
    found = deflated_sharpe(record, n_trials, spread)
    assert 0 <= found <= probabilistic_sharpe(record)
    assert deflated_sharpe(record, n_trials + more, spread) <= found
    assert deflated_sharpe(record, n_trials, spread * 1.5) <= found


@few
@given(record=records(), spread=st.floats(0, 0.2))
def test_one_trial_is_deflated_by_nothing(record, spread):
    assert deflated_sharpe(record, 1, spread) == probabilistic_sharpe(record)
    assert expected_best_sharpe(1, spread) == minimum_backtest_length(1, 1.0) == 0


@few
@given(record=records(), benchmark=st.floats(-0.2, 0.2), level=st.floats(0.6, 0.99))
def test_a_record_of_that_length_is_as_sure_as_asked(record, benchmark, level):
    bars = minimum_track_record(record, benchmark, level)
    if record.sharpe <= benchmark:
        assert bars is None
    elif bars is None or bars > 1e9:
        assert record.sharpe - benchmark < 1e-3
    elif bars > 2:
        enough = moments_of(int(np.ceil(bars)) + 1, record.sharpe, record.skewness, record.kurtosis)
        short = moments_of(max(2, int(bars) - 1), record.sharpe, record.skewness, record.kurtosis)
        assert probabilistic_sharpe(short, benchmark) <= level <= probabilistic_sharpe(enough, benchmark)


@few
@given(scale=st.sampled_from([1e-6, 0.3, 50.0]), seed=st.integers(0, 100))
def test_the_scale_of_the_returns_does_not_matter(scale, seed):
    returns = np.random.default_rng(seed).gamma(2.0, 0.01, 60) - 0.018
    one, other = Moments.of(returns), Moments.of(returns * scale)
    assert deflated_sharpe(other, 9, 0.05) == pytest.approx(deflated_sharpe(one, 9, 0.05))


@pytest.mark.parametrize("returns", [[0.0] * 30, [0.1] * 30, [0.01]])
def test_what_does_not_vary_has_no_ratio_and_so_no_probability(returns):
    still = Moments.of(np.array(returns))
    assert still.sharpe is still.skewness is still.kurtosis is None
    assert probabilistic_sharpe(still) is deflated_sharpe(still, 5, 0.1) is minimum_track_record(still) is None


def test_a_ratio_without_an_error_has_no_probability():
    certain = moments_of(50, 1.0, skewness=2.0, kurtosis=5.0)  # two values: 1 - 2 + (5 - 1) / 4 = 0
    assert probabilistic_sharpe(certain) is None


def test_a_record_longer_than_any_number_is_none():
    assert minimum_track_record(moments_of(50, 1e-300)) is None


def test_moments_are_plain_data():
    moments = Moments.of(np.array([0.1, 0.2, 0.4]))
    assert Moments(**asdict(moments)) == moments


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Moments.of(np.array([])), "returns must be finite and at least one"),
        (lambda: Moments.of(np.array([0.1, np.nan])), "returns must be finite and at least one"),
        (lambda: expected_best_sharpe(0, 0.1), "n_trials must be at least 1, got 0"),
        (lambda: expected_best_sharpe(5, -0.1), "spread must be finite and at least 0, got -0.1"),
        (lambda: expected_best_sharpe(5, np.nan), "spread must be finite"),
        (lambda: minimum_backtest_length(5, 0.0), "sharpe_per_year must be above 0, got 0.0"),
        (lambda: minimum_track_record(moments_of(9, 0.1), level=0.5), "level must be within 0.5 to 1, got 0.5"),
    ],
)
def test_what_cannot_be_judged_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


def test_a_ratio_in_errors_does_not_depend_on_the_length_of_a_bar():
    """Of a year of hours, and of the same year in days, trials without skill spread alike."""
    hourly = np.random.default_rng(0).normal(0.0, 0.01, (400, 1200))
    daily = hourly.reshape(400, 50, 24).sum(axis=2)
    spreads = [np.std([Moments.of(one).sharpe_in_errors for one in returns]) for returns in (hourly, daily)]
    assert spreads == pytest.approx([1.0, 1.0], abs=0.1)
    in_errors = [Moments.of(one).sharpe_in_errors for one in hourly]
    per_bar = np.std([Moments.of(one).sharpe for one in daily], ddof=1)
    assert spread_of_sharpes(in_errors, 50) == pytest.approx(per_bar, rel=0.1)
