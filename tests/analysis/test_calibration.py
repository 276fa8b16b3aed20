"""What was predicted against what was observed, with an error that knows that rows of one bar move together."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.analysis.calibration import N_BINS, calibration

COLUMNS = ["predicted", "observed", "error", "samples"]


def forecasts_of(predicted, observed, bar=None):
    """Forecasts as a look leaves them, one bar each unless told; ``target`` is what regression is judged by."""
    bars = np.arange(len(predicted)) if bar is None else np.asarray(bar)
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(bars, unit="D"),
            "asset": "A",
            "forecast": np.asarray(predicted, dtype=np.float32),
            "called": np.asarray(predicted) > 0.5,
            "truth": np.asarray(observed, dtype=float) > 0.5,
            "target": np.asarray(observed, dtype=np.float32),
        }
    )


def test_known_probabilities_come_back_with_the_share_that_came_true():
    levels, shares = [0.2, 0.4, 0.6, 0.8], [0.25, 0.5, 0.5, 1.0]
    predicted = np.repeat(levels, 20)
    observed = np.concatenate([np.arange(20) < 20 * share for share in shares])
    table = calibration(forecasts_of(predicted, observed), "classification", n_bins=4)
    assert table.columns.tolist() == COLUMNS
    assert table["predicted"].tolist() == pytest.approx(levels)
    assert table["observed"].tolist() == shares
    assert table["samples"].tolist() == [20] * 4


def test_different_forecasts_are_binned_in_equal_numbers_by_their_order():
    order = np.random.default_rng(0).permutation(200)
    table = calibration(forecasts_of(order / 200, np.zeros(200)), "classification")
    assert len(table) == N_BINS
    assert table["samples"].tolist() == [20] * 10
    assert table["predicted"].tolist() == pytest.approx(np.arange(200).reshape(10, 20).mean(axis=1) / 200)


few_levels = st.lists(st.sampled_from([0.1, 0.3, 0.30001, 0.5, 0.9]), min_size=1, max_size=60)


@given(few_levels, st.integers(1, 12))
def test_equal_forecasts_are_never_divided_and_none_is_lost(predicted, n_bins):
    observed = np.arange(len(predicted)) % 3 == 0
    table = calibration(forecasts_of(predicted, observed), "classification", n_bins)
    _, counts = np.unique(predicted, return_counts=True)
    assert set(table["samples"].cumsum()) <= set(np.cumsum(counts))
    assert table["samples"].sum() == len(predicted)
    assert len(table) <= n_bins
    assert table["predicted"].is_monotonic_increasing
    assert (table["observed"] * table["samples"]).sum() == pytest.approx(observed.sum())


@pytest.mark.parametrize("n", [1, 50])
def test_one_value_alone_is_one_bin(n):
    table = calibration(forecasts_of([0.7] * n, [1] * n), "classification")
    assert table["predicted"].tolist() == pytest.approx([0.7])
    assert table["observed"].tolist() == [1.0]
    assert table["samples"].tolist() == [n]


def test_regression_is_judged_by_the_number_that_came_not_by_its_sign():
    table = calibration(forecasts_of([-0.02, -0.02, 0.04, 0.04], [-0.01, -0.03, 0.05, 0.01]), "regression", n_bins=2)
    assert table["predicted"].tolist() == pytest.approx([-0.02, 0.04])
    assert table["observed"].tolist() == pytest.approx([-0.02, 0.03])


def test_the_order_of_the_rows_changes_nothing():
    rng = np.random.default_rng(1)
    forecasts = forecasts_of(rng.random(90), rng.random(90) < 0.4, bar=np.arange(90) // 3)
    shuffled = forecasts.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        calibration(forecasts, "classification"), calibration(shuffled, "classification"), check_exact=False
    )


# The error


def errors_of(observed, bar):
    """The error of one bin that holds everything."""
    return calibration(forecasts_of([0.5] * len(observed), observed, bar), "classification", n_bins=1)["error"].item()


@pytest.mark.parametrize(
    ("observed", "bar", "error"),
    [
        ([1, 0], [0, 1], 0.5),  # two bars: half their difference
        ([1, 1, 0, 0], [0, 0, 1, 1], 0.5),  # twice the rows in the same two bars know no more
        ([1, 0, 1, 0], [0, 0, 1, 1], 0.0),  # bars that agree
        ([1, 0, 0, 0], [0, 1, 2, 3], 0.25),  # sqrt(3/16 / 3)
    ],
)
def test_the_error_is_that_of_a_mean_over_bars(observed, bar, error):
    assert errors_of(observed, bar) == pytest.approx(error)


@pytest.mark.parametrize("observed", [[1], [1, 0, 1]])
def test_one_bar_alone_has_no_error(observed):
    assert math.isnan(errors_of(observed, [0] * len(observed)))


@pytest.mark.parametrize("seed", range(5))
def test_the_error_is_that_of_a_cluster_robust_regression_on_a_constant(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, size=25)  # bars on which some assets are missing
    bar = np.repeat(np.arange(25), sizes)
    observed = rng.random(len(bar)) < rng.random(25)[bar]
    fitted = sm.OLS(observed.astype(float), np.ones(len(bar))).fit(cov_type="cluster", cov_kwds={"groups": bar})
    assert errors_of(observed, bar) == pytest.approx(fitted.bse[0])


def test_each_bin_has_the_error_of_its_own_rows():
    rng = np.random.default_rng(7)
    low, high = np.full(60, 0.2), np.full(60, 0.8)
    observed, bar = rng.random(120) < 0.5, np.tile(np.arange(60) // 3, 2)
    table = calibration(forecasts_of(np.concatenate([low, high]), observed, bar), "classification", n_bins=2)
    assert table["error"].tolist() == pytest.approx(
        [errors_of(observed[:60], bar[:60]), errors_of(observed[60:], bar[60:])]
    )


def test_calibrated_forecasts_come_true_within_a_few_errors():
    """Two thousand bars whose assets rise together: the error must allow for that, and for no more."""
    rng = np.random.default_rng(11)
    predicted = np.repeat(rng.uniform(0.1, 0.9, 2000), 4)
    observed = np.repeat(rng.random(2000), 4) < predicted
    table = calibration(forecasts_of(predicted, observed, np.repeat(np.arange(2000), 4)), "classification")
    distance = (table["observed"] - table["predicted"]) / table["error"]
    assert distance.abs().max() < 3.5
    assert distance.abs().mean() > 0.3
