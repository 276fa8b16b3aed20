"""Triple-barrier labels against twenty lines that look at one bar after the other, on random and on real bars."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from trading_hpo.configuration import problems_of
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.triple_barrier import TripleBarrier

laws = settings(deadline=None, max_examples=60)


def brute_force(bars, horizon, up, down):
    """The label of each bar and the bar at which it is known, as one would read them off a chart."""
    close = bars["close"].tolist()
    high, low = (bars[name].tolist() if name in bars else close for name in ("high", "low"))
    labels = []
    for t in range(len(close)):
        moves = [close[i] / close[i - 1] - 1 for i in range(t - 19, t + 1)] if t >= 20 else []
        if not moves or t + horizon >= len(close):
            labels.append((None, None))
            continue
        volatility = max(np.sqrt(np.mean(np.square(moves))), 1e-4)
        label = float(close[t + horizon] > close[t]), t + horizon
        for ahead in range(t + 1, t + horizon + 1):
            if low[ahead] <= close[t] * (1 - down * volatility):
                label = 0.0, ahead
                break
            if high[ahead] >= close[t] * (1 + up * volatility):
                label = 1.0, ahead
                break
        labels.append(label)
    return labels


def assert_as_read_off(bars, task):
    known = brute_force(bars, task.horizon_bars, task.barrier_up, task.barrier_down)
    built, ends = task.build(bars)[:, 0], task.label_ends(bars)
    assert [None if np.isnan(value) else value for value in built] == [label for label, _ in known]
    assert [end for end, (label, _) in zip(ends, known, strict=True) if label is not None] == [
        end for label, end in known if label is not None
    ]


@laws
@given(
    seed=st.integers(0, 2**32 - 1),
    horizon=st.integers(2, 12),
    up=st.floats(0.2, 4),
    down=st.floats(0.2, 4),
    columns=st.sampled_from([["close"], ["high", "close"], ["high", "low", "close"]]),
)
def test_random_bars(make_bars, seed, horizon, up, down, columns):
    bars = make_bars(90, ("AAA",), seed=seed)[columns]
    assert_as_read_off(bars, TripleBarrier(horizon_bars=horizon, barrier_up=up, barrier_down=down))


def test_real_bars(us_tech):
    bars = us_tech[us_tech["asset"] == "IBM"].reset_index(drop=True)
    task = TripleBarrier()
    assert_as_read_off(bars, task)
    target, ends = task.build(bars)[:, 0], task.label_ends(bars)
    length = (ends - np.arange(len(bars)))[np.isfinite(target)]
    assert set(np.unique(length)) == set(range(1, 11))  # labels do differ in length
    assert 0.4 < np.nanmean(target) < 0.6


CALM = 100 * np.cumprod(np.r_[1.0, 1 + 0.01 * np.tile([1, -1], 15)])  # a volatility of 1 percent on every bar


def after_calm(*later):
    """Bars (high, low, close), relative to the close before them; the first is labelled."""
    bars = pd.DataFrame({"high": CALM, "low": CALM, "close": CALM})
    more = pd.DataFrame(np.array(later) * CALM[-1], columns=["high", "low", "close"])
    return pd.concat([bars, more], ignore_index=True)


@pytest.mark.parametrize(
    ("later", "label", "bars"),
    [
        ([(1.021, 1, 1), (1, 0.97, 1), (1, 1, 1)], 1, 1),
        ([(1, 0.979, 1), (1.03, 1, 1), (1, 1, 1)], 0, 1),
        ([(1, 1, 1), (1.021, 1, 1.0), (1, 0.9, 0.9)], 1, 2),
        ([(1.05, 0.95, 1.04), (1, 1, 1), (1, 1, 1)], 0, 1),  # one bar touches both: the lower counts
        ([(1, 1, 1), (1.01, 1, 1.01), (1.019, 1, 1.019)], 1, 3),  # neither: higher at the vertical barrier
        ([(1, 1, 1), (1, 1, 1), (1, 0.99, 0.99)], 0, 3),
        ([(1, 1, 1), (1, 1, 1), (1, 1, 1)], 0, 3),  # a return of 0 is not above 0
    ],
)
def test_a_truth_table(later, label, bars):
    task, table = TripleBarrier(horizon_bars=3), after_calm(*later)
    row = len(CALM) - 1
    assert task.build(table)[row, 0] == label
    assert task.label_ends(table)[row] == row + bars


def test_wide_barriers_are_never_touched():
    table = after_calm((1.5, 0.7, 1.2), (1, 1, 1.1), (1, 1, 1.1))
    task = TripleBarrier(horizon_bars=3, barrier_up=100, barrier_down=100)
    assert task.label_ends(table)[len(CALM) - 1] == len(CALM) + 2


def test_a_touch_before_the_data_end_is_no_label_where_others_of_the_same_bar_would_have_none():
    """Rows at the end would else be those alone that were touched early."""
    table = build_labels(
        after_calm((1.05, 1, 1), (1, 1, 1)).assign(
            asset="A", timestamp=pd.date_range("2020-01-01", periods=len(CALM) + 2, tz="UTC")
        ),
        LabelsConfig(kind="triple_barrier", horizon_bars=3),
    )
    assert table["label_end"].tail(3).isna().all()
    assert table["barrier_upper"].tail(3).notna().all()  # known all the same: positions need it


@laws
@given(seed=st.integers(0, 2**32 - 1), bar=st.integers(0, 89))
def test_bars_after_the_touch_change_nothing(make_bars, seed, bar):
    config = LabelsConfig(kind="triple_barrier", horizon_bars=8, barrier_up=1.5)
    bars = make_bars(90, ("AAA",), seed=seed)
    changed, later = bars.copy(), bars.index > bar
    for column in ("high", "low", "close"):
        changed.loc[later, column] *= np.random.default_rng(seed).uniform(0.3, 3.0, int(later.sum()))
    before, after = build_labels(bars, config), build_labels(changed, config)
    now = bars["timestamp"][bar]
    ended = (before["label_end"] <= now).to_numpy()
    pd.testing.assert_frame_equal(after[ended], before[ended], check_exact=True)
    known = ["high", "low", "close", "barrier_upper", "barrier_lower"]
    pd.testing.assert_frame_equal(after.loc[~later, known], before.loc[~later, known], check_exact=True)


def test_one_bar_stands_for_ten():
    assert TripleBarrier(horizon_bars=1) == TripleBarrier() == LabelsConfig(kind="triple_barrier").task
    assert TripleBarrier().horizon_bars == 10


@pytest.mark.parametrize("name", ["barrier_up", "barrier_down"])
@pytest.mark.parametrize("kind", ["triple_barrier", "direction"])
def test_barriers_of_width_0_are_refused_in_words(kind, name):
    with pytest.raises(ValidationError) as caught:
        LabelsConfig(kind=kind, **{name: 0.0})
    assert problems_of(caught.value, LabelsConfig, "labels") == [f"labels.{name} must be greater than 0, got 0.0."]


@pytest.mark.parametrize("scheme", ["walk_forward", "purged_kfold"])
def test_labels_of_different_lengths_are_purged_each_to_its_own_end(us_tech, scheme):
    config = LabelsConfig(kind="triple_barrier")
    features = build_features(us_tech, FeaturesConfig(names=("return_1",)))
    panel = build_panel(features, build_labels(us_tech, config), label_of(config.task), 252.0)
    split = build_split(panel, FoldsConfig(scheme=scheme, n_folds=3), HoldoutConfig())
    kept_near, dropped_near = 0, 0
    for fold in split.folds:
        rows = {role: split.rows(panel, fold, role, 5) for role in ("train", "stop", "validation")}
        judged = np.zeros(panel.n_bars + 1, dtype=bool)
        for row in rows["validation"]:
            judged[panel.bar[row] : panel.label_end[row] + 1] = True
        for role in ("train", "stop"):
            for row in rows[role]:  # a closed interval that meets none of validation's
                assert not judged[panel.bar[row] : panel.label_end[row] + 1].any()
        assert (panel.label_end[np.concatenate(list(rows.values()))] < split.holdout.start).all()
        # Of the rows just before validation those stay whose own label has ended, and no other.
        start = fold.validation[0].start
        near = np.flatnonzero((panel.bar >= start - 9) & (panel.bar < start) & panel.labelled & panel.observed)
        used = np.isin(near, np.concatenate([rows["train"], rows["stop"]]))
        assert not (used & (panel.label_end[near] >= start)).any()
        kept_near, dropped_near = kept_near + used.sum(), dropped_near + (~used).sum()
    assert kept_near > 5
    assert dropped_near > 5
