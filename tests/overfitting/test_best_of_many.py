"""The best of many trials: laws of its p-values, and slow twins that count every sign and every draw."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_hpo.overfitting.best_of_many import by_blocks, by_returns
from trading_hpo.overfitting.stationary_bootstrap import resamples

LENGTH = 3.0
METHODS = {
    "blocks": lambda series, chosen, n_tried, seed=0: by_blocks(series, chosen, n_tried, 1, 199, seed),
    "returns": lambda series, chosen, n_tried, seed=0: by_returns(series, chosen, n_tried, LENGTH, 199, seed),
}
each_method = pytest.mark.parametrize("correct", METHODS.values(), ids=METHODS)
few = settings(deadline=None, max_examples=60)


@st.composite
def searches(draw):
    """Series of some trials on 24 blocks or bars, and the place of one that varies."""
    n_trials = draw(st.integers(1, 6))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    series = random.normal(draw(st.sampled_from([-0.5, 0.0, 0.5])), 1.0, (n_trials, 24))
    if draw(st.booleans()):
        series = np.round(series)  # ties
    chosen = draw(st.integers(0, n_trials - 1))
    series[chosen, 0] += 0.25
    return series, chosen


@each_method
@few
@given(search=searches(), more=st.integers(0, 500))
def test_p_values_are_chances_and_many_trials_never_make_them_smaller(correct, search, more):
    series, chosen = search
    found, of_more = correct(series, chosen, len(series)), correct(series, chosen, len(series) + more)
    assert 0 < found.single_p_value <= found.p_value <= of_more.p_value <= 1
    assert found.expected_best <= of_more.expected_best
    assert found.single_p_value == of_more.single_p_value
    if more:
        again = correct(series, chosen, len(series) + more + 1)
        assert of_more.p_value <= again.p_value
        assert of_more.expected_best <= again.expected_best


@each_method
@few
@given(search=searches(), order=st.randoms(use_true_random=False))
def test_the_order_of_the_trials_does_not_matter(correct, search, order):
    series, chosen = search
    places = list(range(len(series)))
    order.shuffle(places)
    one, other = correct(series, chosen, 9), correct(series[places], places.index(chosen), 9)
    assert other.p_value == one.p_value
    assert other.expected_best == pytest.approx(one.expected_best)


@each_method
@few
@given(search=searches(), scale=st.sampled_from([1e-6, 0.25, 3.0, 1e4]))
def test_the_scale_of_the_scores_does_not_matter(correct, search, scale):
    series, chosen = search
    one, other = correct(series, chosen, 9), correct(series * scale, chosen, 9)
    assert (other.p_value, other.single_p_value) == (one.p_value, one.single_p_value)
    assert other.expected_best == pytest.approx(one.expected_best * scale)


@each_method
@few
@given(search=searches(), copies=st.integers(1, 4))
def test_copies_of_the_chosen_are_one_trial_to_the_draws(correct, search, copies):
    series, chosen = search
    alone = correct(series[[chosen]], 0, 1)
    assert alone.p_value == alone.single_p_value
    copied = correct(np.repeat(series[[chosen]], copies + 1, axis=0), copies, copies + 1)
    assert copied.p_value == alone.single_p_value
    among = correct(np.concatenate([series, np.repeat(series[[chosen]], copies, axis=0)]), chosen, 20)
    assert among.p_value >= among.single_p_value


@each_method
@few
@given(search=searches(), groups=st.sampled_from([1, 2, 5]))
def test_the_chosen_is_better_than_what_luck_shows_where_luck_shows_it_less_than_half_the_time(correct, search, groups):
    series, chosen = search
    found = correct(series, chosen, groups * len(series))
    if abs(found.p_value - 0.5) > 0.02:
        assert (series[chosen].mean() > found.expected_best) == (found.p_value < 0.5)


@each_method
def test_what_never_varies_is_never_the_best_and_counts(correct):
    series = np.random.default_rng(0).normal(0.3, 1.0, (4, 24))
    with_idle = np.concatenate([np.zeros((3, 24)), series, np.full((1, 24), 0.1)])
    found = correct(with_idle, 3, 8)
    assert (found.n_series, found.n_tried) == (4, 8)
    assert found == correct(series, 0, 8)


@each_method
def test_a_chosen_one_that_does_not_vary_has_no_test(correct):
    series = np.random.default_rng(0).normal(0.0, 1.0, (4, 24))
    series[2] = 0.0
    assert correct(series, 2, 4) is None


@each_method
@pytest.mark.parametrize(
    ("change", "chosen", "n_tried", "message"),
    [
        (np.nan, 0, 4, "values must be finite, got 1 of 96"),
        (np.inf, 0, 4, "values must be finite, got 1 of 96"),
        (0.0, 4, 4, "chosen must be a place among 4 trials, got 4"),
        (0.0, -1, 4, "chosen must be a place among 4 trials, got -1"),
        (0.0, 0, 3, "n_tried must be at least the 4 trials given, got 3"),
    ],
)
def test_what_cannot_be_compared_is_refused(correct, change, chosen, n_tried, message):
    series = np.random.default_rng(0).normal(0.0, 1.0, (4, 24))
    series[3, 5] = change
    with pytest.raises(ValueError, match=message):
        correct(series, chosen, n_tried)


@pytest.mark.parametrize("n_folds", [0, 24])
def test_more_folds_than_blocks_are_refused(n_folds):
    with pytest.raises(ValueError, match="n_folds must be at least 1 and below the 24 blocks"):
        by_blocks(np.random.default_rng(0).normal(size=(2, 24)), 0, 2, n_folds)


def t_statistic(scores, n_folds=1):
    return scores.mean(axis=-1) / (scores.std(axis=-1, ddof=1) / np.sqrt(scores.shape[-1] + 1 - n_folds))


@pytest.mark.parametrize("n_folds", [1, 2])
def test_signs_of_blocks_agree_with_counting_all_of_them(n_folds):
    scores = np.random.default_rng(4).normal(0.0, 1.0, (3, 10)) + np.array([[0.5], [0.3], [0.0]])
    best, own = [], []
    for signs in itertools.product([-1, 1], repeat=10):
        t = t_statistic(scores * np.array(signs))
        best.append(t.max())
        own.append(t[0])
    observed = scores[0].mean() / (scores[0].std(ddof=1) / np.sqrt(10 - n_folds))
    found = by_blocks(scores, 0, 6, n_folds, n_draws=40_000)
    of_three = np.mean(np.array(best) >= observed - 1e-9)
    assert found.single_p_value == pytest.approx(np.mean(np.array(own) >= observed - 1e-9), abs=0.008)
    assert found.p_value == pytest.approx(1 - (1 - of_three) ** 2, abs=0.01)
    error = scores[0].std(ddof=1) / np.sqrt(10 - n_folds)
    assert found.expected_best == pytest.approx(np.quantile(best, np.sqrt(0.5)) * error, rel=0.03)


def test_resamples_of_bars_agree_with_drawing_them_one_by_one():
    active = np.random.default_rng(5).normal(0.0, 0.01, (5, 300)) + 0.0012 * (np.arange(5) == 2)[:, None]
    drawn = np.stack([active[:, bars].mean(axis=1) for bars in resamples(300, 6.0, 4000)]) - active.mean(axis=1)
    spread = drawn.std(axis=0, ddof=1)
    error = np.maximum(spread / np.sqrt(1 - 11 / 300), active.std(axis=1, ddof=1) / np.sqrt(300))
    best, observed = (drawn / spread).max(axis=1), active[2].mean() / error[2]
    found = by_returns(active, 2, 10, 6.0, n_draws=4000)
    assert found.single_p_value == pytest.approx(np.mean((drawn / spread)[:, 2] >= observed), abs=0.012)
    assert found.p_value == pytest.approx(1 - (1 - np.mean(best >= observed)) ** 2, abs=0.05)
    assert found.expected_best == pytest.approx(np.quantile(best, np.sqrt(0.5)) * error[2], rel=0.05)


def test_trials_that_are_alike_are_corrected_for_less_than_others():
    random = np.random.default_rng(6)
    shared, own = random.normal(size=(1, 32)), random.normal(size=(50, 32))
    alike, apart = shared + 0.1 * own, own.copy()
    chosen = 0.4 + shared - shared.mean()
    alike[0] = apart[0] = chosen
    assert by_blocks(alike, 0, 50).p_value < by_blocks(apart, 0, 50).p_value / 2
