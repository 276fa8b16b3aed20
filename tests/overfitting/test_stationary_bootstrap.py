"""Draws in blocks: the same for the same numbers, of the asked length, and as arch draws them."""

import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from scipy.signal import lfilter

from trading_hpo.overfitting.resampled_means import resampled_means, share_reaching
from trading_hpo.overfitting.stationary_bootstrap import block_length, resample_counts, resamples, varies

T = 800


def following(weight, n_bars=T, seed=0):
    """An autoregressive series."""
    return lfilter([1], [1, -weight], np.random.default_rng(seed).normal(0.0, 0.01, n_bars))


def test_a_resample_has_as_many_bars_in_blocks_of_the_asked_length_and_all_bars_are_as_likely():
    drawn = list(resamples(T, 40.0, 200))
    assert len(drawn) == 200
    assert {len(bars) for bars in drawn} == {T}
    follows = np.mean([((bars[1:] - bars[:-1]) % T == 1).mean() for bars in drawn])
    assert follows == pytest.approx(1 - 1 / 40, abs=0.002)
    counts = np.bincount(np.concatenate(drawn), minlength=T) / 200
    assert counts.min() > 0.5
    assert counts.max() < 1.6


def test_the_same_numbers_give_the_same_resamples_and_another_seed_others():
    one, again, other = (np.stack(list(resamples(50, 5.0, 3, seed))) for seed in (0, 0, 1))
    assert (one == again).all()
    assert (one != other).any()


@pytest.mark.parametrize("mean_length", [1.0, 7.0, 160.0])
def test_counts_are_those_of_resamples_bars_together_as_often(mean_length):
    counts = resample_counts(T, mean_length, 3000, np.random.default_rng(1))
    others = np.stack([np.bincount(bars, minlength=T) for bars in resamples(T, mean_length, 3000)])
    assert (counts.sum(axis=1) == T).all()
    for lag in (0, 1, 5):  # how often a bar and one after it, round the end, are drawn together
        ours, theirs = (np.mean(drawn * np.roll(drawn, -lag, axis=1)) for drawn in (counts, others))
        assert ours == pytest.approx(theirs, rel=0.03)


@pytest.mark.parametrize("weight", [0.0, 0.4])
def test_means_vary_as_those_of_archs_stationary_bootstrap(weight):
    series = following(weight)
    theirs = StationaryBootstrap(20, series, seed=2).apply(np.mean, 4000).std(ddof=1)
    counts = resample_counts(T, 20.0, 4000, np.random.default_rng(3))
    assert (counts @ series / T).std(ddof=1) == pytest.approx(theirs, rel=0.05)


def test_the_standard_error_is_that_of_the_truth_with_autocorrelation_and_without():
    for weight in (0.0, 0.4):
        errors = [
            resampled_means(own[None], block_length(own), 200, seed).error[0]
            for seed, own in enumerate(following(weight, 1500, seed) for seed in range(20))
        ]
        truth = 0.01 / (1 - weight) / np.sqrt(1500)
        assert np.mean(errors) == pytest.approx(truth, rel=0.08)


def test_an_error_is_never_below_that_of_independent_bars():
    turning = following(-0.6)[None]
    assert resampled_means(turning, 20.0, 500).error[0] == pytest.approx(turning.std(ddof=1) / np.sqrt(T))


def test_long_blocks_of_independent_bars_show_no_smaller_an_error():
    errors = [resampled_means(following(0.0, 200, seed)[None], 40.0, 300).error[0] for seed in range(60)]
    assert np.mean(errors) > 0.01 / np.sqrt(200)


def test_the_block_length_is_archs_between_its_limits():
    series = following(0.7)
    theirs = float(optimal_block_length(series)["stationary"].iloc[0])
    assert np.cbrt(T) < theirs < T / 5
    assert block_length(series) == pytest.approx(theirs)
    assert block_length(series, at_least=theirs + 5) == pytest.approx(theirs + 5)
    assert block_length(following(0.0)) == pytest.approx(np.cbrt(T))
    assert block_length(series, at_least=T) == T / 5


@pytest.mark.parametrize(
    "series",
    [
        np.zeros(0),
        np.ones(1),
        np.full(100, 0.1),  # whose deviations from the mean are rounding
        following(0.0, 19),
        following(0.0, 500) * 1e-200,
        np.r_[1.0, -1.0, np.zeros(60)],
        np.r_[np.zeros(60), 1.0],
        np.tile([1.0, -1.0], 50),
    ],
)
def test_whatever_the_series_there_is_a_length(series):
    length = block_length(series)
    assert 1 <= length <= max(len(series) / 5, 1)


def test_the_scale_of_a_series_changes_nothing():
    assert block_length(following(0.7) * 1e-30) == pytest.approx(block_length(following(0.7)))


def test_a_series_of_one_value_does_not_vary_at_any_scale():
    assert varies(np.array([[0.0, 0.0], [1e-9, 1e-9], [0.1 + 0.2, 0.3], [1e-300, 2e-300]])).tolist() == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("mean_length", [0.5, 101.0, np.nan])
def test_blocks_that_are_too_long_or_too_short_are_refused(mean_length):
    with pytest.raises(ValueError, match="mean_length must be 1 to 100 for 500 bars"):
        resampled_means(following(0.0, 500)[None], mean_length, 10)


def test_a_large_search_is_drawn_piece_by_piece_and_each_draw_once(monkeypatch):
    series = np.stack([following(0.0, 300, seed) for seed in range(3)])
    monkeypatch.setattr("trading_hpo.overfitting.resampled_means.CELLS_AT_ONCE", 2000)
    drawn = resampled_means(series, 5.0, 100).drawn
    assert drawn.shape == (100, 3)
    assert len(np.unique(drawn[:, 0])) == 100
    assert drawn.std(axis=0, ddof=1) == pytest.approx(1.0)


@pytest.mark.parametrize(("observed", "expected"), [(-9.0, 1.0), (2.0, 0.5), (2.0 + 1e-12, 0.5), (9.0, 0.25)])
def test_an_observation_counts_as_one_of_the_draws(observed, expected):
    assert share_reaching(np.array([0.0, 1.0, 2.0]), observed) == expected
