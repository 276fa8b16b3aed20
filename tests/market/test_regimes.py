"""In which state the market was: by what was known then, whatever follows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.makers.panels import panel_of

from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel, open_panel, panel_digest, save_panel
from trading_hpo.market.regimes import (
    LEAST_PAST,
    TREND_BARS,
    UNKNOWN,
    market_returns,
    regimes_of,
    trend_signs,
    volatility_terciles,
)
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.read import read_source
from trading_hpo.market.trailing_volatility import VOLATILITY_BARS
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.types import Panel

LOW, MIDDLE, HIGH = 0, 1, 2
DOWN, UP = 0, 1
FIRST = LEAST_PAST + VOLATILITY_BARS - 2  # return that a tercile is known at


def panel_of_source(source: str) -> Panel:
    bars = clean_bars(read_source(source, SourcesConfig()), "all", SourcesConfig())
    return panel_of_bars(bars)


def panel_of_bars(bars: pd.DataFrame) -> Panel:
    labels, features = LabelsConfig(), FeaturesConfig(names=["return_1"])
    built = build_features(bars, features), build_labels(bars, labels)
    return build_panel(*built, label_of(labels.task), 252.0, bars)


def by_bar(panel: Panel) -> dict[str, np.ndarray]:
    return {one.by: one.of_bar for one in regimes_of(panel)}


def with_holes(n_assets: int, n_bars: int, seed: int) -> Panel:
    random = np.random.default_rng(seed)
    present = random.random((n_assets, n_bars)) < 0.8
    present[0] = True
    return panel_of(present=present, seed=seed)


def test_the_market_is_the_mean_of_the_assets_that_have_a_bar_each_since_its_own_bar_before():
    present = np.array([[1, 1, 1, 1], [0, 1, 0, 1]], bool)
    forward = np.array([[0.1, 0.2, 0.3, 0], [0, 0.5, 0, 0]])[..., None]
    panel = panel_of(present=present, forward_return=forward.astype("f4"))
    assert market_returns(panel) == pytest.approx([np.nan, 0.1, 0.2, (0.3 + 0.5) / 2], nan_ok=True)


def test_terciles_are_as_a_slow_count_has_them():
    moves = np.random.default_rng(0).normal(0, 0.01, 700) * np.repeat([1, 3, 0.5, 2, 1, 4, 1], 100)
    volatility = np.array([np.mean(moves[end - VOLATILITY_BARS : end] ** 2) for end in range(VOLATILITY_BARS, 701)])
    expected = np.full(700, UNKNOWN)
    for bar in range(FIRST, 700):
        so_far = volatility[: bar - VOLATILITY_BARS + 2]
        share = np.mean(so_far <= so_far[-1])
        expected[bar] = LOW if share <= 1 / 3 else MIDDLE if share <= 2 / 3 else HIGH
    assert volatility_terciles(moves).tolist() == expected.tolist()


def test_a_trend_is_up_where_the_last_returns_have_gained():
    moves = np.random.default_rng(1).normal(0, 0.01, 300)
    grown = [np.prod(1 + moves[bar - TREND_BARS + 1 : bar + 1]) for bar in range(TREND_BARS - 1, 300)]
    assert trend_signs(moves).tolist() == [UNKNOWN] * (TREND_BARS - 1) + [int(one > 1) for one in grown]


def test_prices_that_stand_still_are_in_the_middle_and_have_not_gained():
    still = np.zeros(400)
    assert set(volatility_terciles(still)) == {UNKNOWN, MIDDLE}
    assert set(trend_signs(still)) == {UNKNOWN, DOWN}


def test_a_bar_without_a_return_is_in_the_regime_of_the_bar_before():
    moves = np.random.default_rng(2).normal(0, 0.01, 500)
    holes = np.insert(moves, [0, 400], np.nan)
    for find in (volatility_terciles, trend_signs):
        whole, found = find(moves), find(holes)
        assert np.delete(found, [0, 401]).tolist() == whole.tolist()
        assert (found[0], found[401]) == (UNKNOWN, whole[399])


@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 420), n_assets=st.integers(1, 4))
def test_what_follows_changes_no_regime(seed, cut, n_assets):
    """Returns that end after the cut are others, bars after it are missing: to the last bit nothing moves before."""
    panel = with_holes(n_assets, 421, seed)
    known = by_bar(panel)
    moved = replace(panel, forward_return=panel.forward_return.copy())
    next_bar = np.where(np.append(panel.asset[1:], -1) == panel.asset, np.append(panel.bar[1:], 0), panel.n_bars)
    moved.forward_return[next_bar > cut] = -0.3
    kept = panel.bar <= cut
    arrays = ("features", "forward_return", "target", "label_end", "observed", "labelled", "asset", "bar")
    ended = replace(
        panel,
        **{name: getattr(panel, name)[kept] for name in arrays},
        timestamps=panel.timestamps[: cut + 1],
    )
    for other in (moved, ended):
        for by, of_bar in by_bar(other).items():
            assert of_bar[: cut + 1].tolist() == known[by][: cut + 1].tolist()


def test_a_return_is_known_at_the_bar_that_it_ends_with_and_not_before():
    panel = panel_of(1, 420, seed=0)
    moved = replace(panel, forward_return=panel.forward_return.copy())
    moved.forward_return[379] = 3.0  # ends with bar 380
    before, after = market_returns(panel), market_returns(moved)
    assert np.flatnonzero(before != after).tolist() == [0, 380]  # the first is not known
    assert volatility_terciles(after)[380] == HIGH


@given(scale=st.sampled_from([0.5, 2.0, 4.0]), seed=st.integers(0, 1000))
def test_terciles_do_not_depend_on_the_unit(scale, seed):
    moves = np.random.default_rng(seed).normal(0, 0.01, 320)
    assert volatility_terciles(scale * moves).tolist() == volatility_terciles(moves).tolist()


def test_all_rows_of_a_bar_are_in_its_regime():
    panel = with_holes(3, 400, 5)
    for one in regimes_of(panel):
        assert one.of_row.tolist() == one.of_bar[panel.bar].tolist()
        assert set(one.of_row) <= {UNKNOWN, *range(len(one.names))}


def test_of_real_stocks_a_crisis_is_volatile_and_falls_and_a_calm_year_is_neither():
    panel = panel_of_source("sp500_20")
    found = pd.DataFrame(by_bar(panel), index=panel.timestamps)
    crisis, calm = found.loc["2008-10":"2009-02"], found.loc["2017"]
    assert (crisis["volatility"] == HIGH).all()
    assert (crisis["trend"] == DOWN).mean() > 0.9
    assert (calm["volatility"] == LOW).mean() > 0.7
    assert (calm["trend"] == UP).mean() > 0.95
    shares = found["volatility"][found["volatility"] != UNKNOWN].value_counts(normalize=True)
    assert shares.min() > 0.2


@pytest.mark.parametrize("source", ["us_tech_ohlcv", "nasdaq_index"])
def test_of_other_real_sources_too_past_regimes_stay_when_the_future_is_another(source):
    bars = clean_bars(read_source(source, SourcesConfig()), "all", SourcesConfig())
    stamps = bars["timestamp"].drop_duplicates().sort_values().to_numpy()
    cut = stamps[len(stamps) * 2 // 3]
    changed = bars.copy()
    later = changed["timestamp"].to_numpy() > cut
    prices = [name for name in ("open", "high", "low", "close") if name in changed]
    changed.loc[later, prices] *= np.random.default_rng(0).uniform(0.5, 2, (later.sum(), 1))
    whole, other = by_bar(panel_of_bars(bars)), by_bar(panel_of_bars(changed))
    n_before = int((stamps <= cut).sum())
    for by, of_bar in whole.items():
        assert of_bar[:n_before].tolist() == other[by][:n_before].tolist()
        assert of_bar[n_before:].tolist() != other[by][n_before:].tolist()


# --- the user's own column ---


def own_panel(make_bars, labels, n=60) -> Panel:
    bars = make_bars(n)
    return panel_of_bars(bars.assign(regime=pd.Series(labels, index=bars.index, dtype="str")))


def test_the_users_own_labels_take_the_place_of_both(make_bars):
    calm = ["calm"] * 30 + ["wild"] * 30
    panel = own_panel(make_bars, [*calm, *calm])
    (own,) = regimes_of(panel)
    assert (own.by, own.names) == ("regime", ("calm", "wild"))
    assert own.of_bar.tolist() == [0] * 30 + [1] * 30


def test_a_bar_has_a_regime_where_all_its_assets_share_it_and_an_empty_label_is_none(make_bars):
    first = ["calm"] * 20 + ["wild"] * 40
    second = ["calm"] * 40 + ["wild"] * 10 + [None] * 10
    panel = own_panel(make_bars, [*first, *second])
    (own,) = regimes_of(panel)
    assert own.of_row.tolist() == [0] * 20 + [1] * 40 + [0] * 40 + [1] * 10 + [UNKNOWN] * 10
    assert own.of_bar.tolist() == [0] * 20 + [UNKNOWN] * 20 + [1] * 10 + [UNKNOWN] * 10


def test_labels_are_kept_in_the_file_and_make_another_panel(make_bars, tmp_path):
    labels = ["calm", "wild"] * 60
    panel, other = own_panel(make_bars, labels), own_panel(make_bars, labels[::-1])
    save_panel(panel, tmp_path / "panel.safetensors")
    read = open_panel(tmp_path / "panel.safetensors")
    assert read.regime.tolist() == panel.regime.tolist()
    assert read.regime_names == ("calm", "wild")
    plain = panel_of_bars(make_bars(60))
    renamed = replace(panel, regime_names=("calm", "storm"))
    assert panel_digest(read) == panel_digest(panel)
    assert len({panel_digest(one) for one in (panel, other, plain, renamed)}) == 4
