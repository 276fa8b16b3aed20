"""scikit-learn is the oracle of the pinball loss; the other two are counted row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_pinball_loss

from trading_hpo.metrics.quantiles import ONE_LEVEL, QUANTILE_METRICS, quantile_metrics

LEVELS = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5, unique=True).map(lambda own: tuple(sorted(own)))


@st.composite
def cases(draw):
    n, levels = draw(st.integers(1, 20)), draw(LEVELS)
    numbers = st.integers(-3, 3).map(float)  # so that some are equal
    return draw(arrays(float, n, elements=numbers)), draw(arrays(float, (n, len(levels)), elements=numbers)), levels


@given(case=cases())
def test_they_agree_with_scikit_learn_and_with_counting(case):
    target, quantiles, levels = case
    found = quantile_metrics(target, quantiles, levels)
    assert tuple(found) == tuple(QUANTILE_METRICS)
    losses = [mean_pinball_loss(target, own, alpha=level) for own, level in zip(quantiles.T, levels, strict=True)]
    assert found["pinball"] == pytest.approx(np.mean(losses))
    if len(levels) == 1:
        assert found["coverage"] is found["quantile_crossings"] is ONE_LEVEL
        return
    inside = [own[0] <= number <= own[-1] for number, own in zip(target, quantiles, strict=True)]
    assert found["coverage"] == pytest.approx(np.mean(inside))
    crossed = [list(own) != sorted(own) for own in quantiles]
    assert found["quantile_crossings"] == pytest.approx(np.mean(crossed))


@given(case=cases())
def test_the_median_alone_is_half_of_the_absolute_error(case):
    target, quantiles, _ = case
    found = quantile_metrics(target, quantiles[:, :1], (0.5,))
    assert found["pinball"] == pytest.approx(np.abs(target - quantiles[:, 0]).mean() / 2)
    assert found["quantile_crossings"] is ONE_LEVEL


def test_true_quantiles_cover_the_difference_of_their_levels_and_lose_least():
    target = np.random.default_rng(0).normal(size=20_000)
    levels = (0.1, 0.5, 0.9)
    true = np.tile(np.quantile(target, levels), (len(target), 1))
    found = quantile_metrics(target, true, levels)
    assert found["coverage"] == pytest.approx(0.8, abs=1e-3)
    for shift in (-0.1, 0.1):
        assert quantile_metrics(target, true + shift, levels)["pinball"] > found["pinball"]
