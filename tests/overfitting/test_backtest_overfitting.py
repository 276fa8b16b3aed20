"""PBO: another library and a slow twin on all halves, cases whose answer is known, laws, and what is too little."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from purgedcv import probability_of_backtest_overfitting
from scipy.stats import rankdata

from trading_hpo.overfitting import backtest_overfitting
from trading_hpo.overfitting.backtest_overfitting import Overfitting, TooFew, overfitting_probability

few = settings(deadline=None, max_examples=40)


@st.composite
def searches(draw):
    """Returns of 20 to 30 trials on a few bars, and a number of blocks; some share a market, one may have skill."""
    n_trials, n_blocks = draw(st.integers(20, 30)), draw(st.sampled_from([4, 6, 8]))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    returns = random.normal(0.0, 1.0, (n_trials, n_blocks * draw(st.integers(2, 5))))
    returns += draw(st.sampled_from([0.0, 1.0])) * random.normal(size=returns.shape[1])
    returns[0] += draw(st.sampled_from([0.0, 0.5]))
    return returns, n_blocks


def twin(returns, n_blocks):
    """Return the logit of each half as the paper writes it, one at a time."""
    blocks = np.array_split(returns, n_blocks, axis=1)
    logits = []
    for half in combinations(range(n_blocks), n_blocks // 2):
        inside, outside = (
            _ratios(np.concatenate([blocks[place] for place in places], axis=1))
            for places in (half, [place for place in range(n_blocks) if place not in half])
        )
        share = rankdata(outside)[inside.argmax()] / (len(returns) + 1)
        logits.append(np.log(share / (1 - share)))
    return np.array(logits)


def _ratios(returns):
    spread = returns.std(axis=1, ddof=1)
    still = np.ptp(returns, axis=1) == 0
    return np.where(still, 0.0, returns.mean(axis=1) / np.where(still, 1.0, spread))


@few
@given(search=searches())
def test_all_halves_agree_with_counting_them_one_by_one(search):
    returns, n_blocks = search
    found = overfitting_probability(returns, n_blocks)
    assert found.logits == pytest.approx(twin(returns, n_blocks), abs=1e-9)
    assert found.probability == np.mean(found.logits <= 1e-12)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_purgedcv_has_the_same_logits(offset):
    returns = np.random.default_rng(0).normal(0.0, 0.01, (40, 240)) + 0.02 * np.random.default_rng(1).normal(size=240)
    found, theirs = (
        overfitting_probability(returns + offset, 8),
        probability_of_backtest_overfitting(returns + offset, 8),
    )
    assert found.logits[::-1] == pytest.approx(theirs.logits)  # they number by the other half
    assert found.probability == pytest.approx(theirs.pbo)


def test_sixteen_blocks_have_as_many_halves_as_in_the_paper():
    found = overfitting_probability(np.random.default_rng(0).normal(size=(20, 100)))
    assert len(found.logits) == comb(16, 8) == 12_870
    assert (found.n_trials, found.n_bars, found.n_blocks) == (20, 96, 16)


def test_luck_is_overfit_in_half_of_the_halves():
    luck = np.random.default_rng(0).normal(size=(100, 30, 160))
    assert np.mean([overfitting_probability(one, 8).probability for one in luck]) == pytest.approx(0.5, abs=0.05)


def test_skill_is_not_overfit():
    returns = np.random.default_rng(0).normal(size=(30, 800))
    returns[4] += 0.3
    found = overfitting_probability(returns, 8)
    assert found.probability == 0
    assert (found.logits == np.log(30)).all()


def test_what_is_won_on_one_half_and_lost_on_the_other_is_always_overfit():
    """Bailey et al. (2014), Pseudo-Mathematics, proposition 1: series with the same mean over all bars."""
    returns = np.random.default_rng(0).normal(size=(30, 800))
    returns -= returns.mean(axis=1, keepdims=True)
    found = overfitting_probability(returns, 8)
    assert found.probability > 0.98


def test_the_middle_of_equals_is_overfit():
    one = np.random.default_rng(0).normal(size=(1, 64))
    found = overfitting_probability(one * np.arange(1, 22)[:, None], 8)  # equal but for rounding
    assert (found.logits == 0).all()
    assert found.probability == 1


@few
@given(search=searches(), order=st.randoms(use_true_random=False))
def test_neither_the_order_of_trials_nor_that_of_blocks_matters(search, order):
    returns, n_blocks = search
    trials, blocks = list(range(len(returns))), list(range(n_blocks))
    order.shuffle(trials)
    order.shuffle(blocks)
    mixed = np.concatenate([np.split(returns[trials], n_blocks, axis=1)[place] for place in blocks], axis=1)
    one, other = overfitting_probability(returns, n_blocks), overfitting_probability(mixed, n_blocks)
    assert other.probability == one.probability
    assert np.sort(other.logits) == pytest.approx(np.sort(one.logits))


@few
@given(search=searches(), exponents=st.lists(st.integers(-20, 20), min_size=30, max_size=30))
def test_the_scale_of_each_trial_does_not_matter(search, exponents):
    returns, n_blocks = search
    scaled = returns * 10.0 ** np.array(exponents[: len(returns)])[:, None]
    one, other = overfitting_probability(returns, n_blocks), overfitting_probability(scaled, n_blocks)
    assert other.logits == pytest.approx(one.logits)


@few
@given(search=searches(), n_more=st.integers(0, 7))
def test_bars_at_the_head_that_make_no_block_do_not_count(search, n_more):
    returns, n_blocks = search
    more = np.full((len(returns), n_more % n_blocks), 99.0)
    one, other = (overfitting_probability(each, n_blocks) for each in (returns, np.hstack([more, returns])))
    assert other.n_bars == one.n_bars == returns.shape[1]
    assert other.logits == pytest.approx(one.logits)


@few
@given(search=searches())
def test_every_rank_is_one_of_those_that_trials_can_have(search):
    found = overfitting_probability(*search)
    assert np.abs(found.logits).max() <= np.log(found.n_trials) + 1e-9
    assert 0 <= found.probability <= 1


@pytest.mark.parametrize("cells", [1, 100, 10**9])
def test_how_many_halves_are_done_at_once_does_not_matter(cells, monkeypatch):
    returns = np.random.default_rng(3).normal(size=(25, 64))
    expected = overfitting_probability(returns, 8)
    monkeypatch.setattr(backtest_overfitting, "CELLS_AT_ONCE", cells)
    found = overfitting_probability(returns, 8)
    assert found.logits == pytest.approx(expected.logits)


def test_a_trial_that_is_still_has_a_ratio_of_zero_and_idle_halves_too():
    returns = np.random.default_rng(5).normal(0.0, 0.01, (24, 64))
    returns[1] = 0.0
    returns[2, :24] = 0.0  # three of eight blocks
    returns[3, 32:] = 0.0
    returns[4, :32] = 5.0
    assert overfitting_probability(returns, 8).logits == pytest.approx(twin(returns, 8))


@pytest.mark.parametrize(
    ("returns", "why"),
    [
        (np.random.default_rng(0).normal(size=(1, 100)), "at least 20 trials whose returns vary; there are 1"),
        (np.random.default_rng(0).normal(size=(19, 100)), "at least 20 trials whose returns vary; there are 19"),
        (np.zeros((50, 100)), "at least 20 trials whose returns vary; there are 0"),
        (np.random.default_rng(0).normal(size=(50, 15)), "at least one bar in each of 16 blocks; there are 15 bars"),
        (np.zeros((0, 100)), "at least 20 trials whose returns vary; there are 0"),
        (np.zeros((30, 0)), "at least one bar in each of 16 blocks; there are 0 bars"),
    ],
)
def test_too_little_is_an_answer(returns, why):
    found = overfitting_probability(returns)
    assert isinstance(found, TooFew)
    assert why in found.why


def test_twenty_trials_and_a_bar_a_block_are_enough():
    assert isinstance(overfitting_probability(np.random.default_rng(0).normal(size=(20, 16))), Overfitting)


@pytest.mark.parametrize("n_blocks", [2, 3, 15, 0])
def test_blocks_that_have_no_halves_are_refused(n_blocks):
    with pytest.raises(ValueError, match=f"n_blocks must be even and at least 4, got {n_blocks}"):
        overfitting_probability(np.zeros((20, 100)), n_blocks)


def test_an_incomplete_series_is_refused():
    returns = np.random.default_rng(0).normal(size=(20, 64))
    returns[3, 4] = np.nan
    with pytest.raises(ValueError, match="values must be finite, got 1 of 1280 that are not"):
        overfitting_probability(returns)
