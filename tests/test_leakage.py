"""Changes the future of real bars and checks that nothing known before it has moved."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests.makers.panels import laid_out

from trading_hpo.analysis.holdout import baselines
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import weights_of
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES, STANDARD
from trading_hpo.market.panel import build_panel
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.read import read_source
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split, split_to_table
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.positions.registry import POSITIONS
from trading_hpo.tasks.registry import label_of
from trading_hpo.tasks.task import Decision, Forecast

ASSETS = {"us_tech_ohlcv": "all", "sp500_20": ("AAPL", "JPM", "KO", "XOM")}
LABELS = {
    "direction over 1 bar": LabelsConfig(),
    "direction over 5 bars": LabelsConfig(horizon_bars=5),
    "forward return over 3 bars": LabelsConfig(kind="forward_return", horizon_bars=3),
    "volatility": LabelsConfig(kind="volatility"),
    "triple barrier": LabelsConfig(kind="triple_barrier"),
    "path of 4 bars": LabelsConfig(kind="path", horizon_bars=4, judged_bars=2),
    "class and return over 3 bars": LabelsConfig(kind="joint", horizon_bars=3),
}
PRICES = ("prices", "barriers")
PLACES = ("early in train", "inside a validation", "last bar of a validation", "last bar before the holdout", "holdout")


@cache
def raw_bars(source):
    return read_source(source, SourcesConfig())


def assemble(raw, source, labels, features=None):
    """Run bars -> features -> labels -> panel -> split, as data engineering does."""
    bars = clean_bars(raw, ASSETS[source], SourcesConfig())
    panel = build_panel(
        build_features(bars, FeaturesConfig(names=features)),
        build_labels(bars, labels),
        label_of(labels.task),
        252.0,
    )
    return panel, build_split(panel, FoldsConfig(), HoldoutConfig())


@cache
def truth(source, label):
    return assemble(raw_bars(source), source, LABELS[label])


def place(split, where):
    validation = split.folds[1].validation[0]
    return {
        "early in train": split.folds[0].train[0].start + 10,
        "inside a validation": (validation.start + validation.stop) // 2,
        "last bar of a validation": validation.stop - 1,
        "last bar before the holdout": split.holdout.start - 1,
        "holdout": (split.holdout.start + split.holdout.stop) // 2,
    }[where]


def with_another_future(raw, last, seed=0):
    """Multiply the prices and volumes of every bar after ``last`` by factors of their own."""
    random = np.random.default_rng(seed)
    changed = raw.copy()
    later = (changed["timestamp"] > last).to_numpy()
    prices = np.exp(random.normal(0, 0.3, later.sum()))
    for name in ("open", "high", "low", "close", "volume"):
        if name in changed:
            factor = np.exp(random.normal(0, 1, later.sum())) if name == "volume" else prices
            changed.loc[later, name] *= factor
    return changed


def same(one, other):
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def moved(before, after, bar):
    """Return the names of what differs although it was known at the close of ``bar``."""
    (old, old_split), (new, new_split) = before, after
    known = old.labelled & (old.label_end <= bar)
    pairs = {
        "features": (old.features[old.bar <= bar], new.features[new.bar <= bar]),
        "observed": (old.observed[old.bar <= bar], new.observed[new.bar <= bar]),
        "labelled": (old.labelled, new.labelled),
        "target": (old.target[known], new.target[known]),
        "forward_return": (old.forward_return[known], new.forward_return[known]),
    }
    tables = [split_to_table(old_split, old), split_to_table(new_split, new)]
    if old.barriers is None:
        pairs["label_end"] = (old.label_end, new.label_end)
    else:
        # Prices say when a label ends. Those that have not ended by then may end elsewhere, and be purged before the
        # holdout or not: what is left is divided into folds, and the holdout begins where it did.
        pairs["label_end"] = (old.label_end[known], new.label_end[new.labelled & (new.label_end <= bar)])
        pairs |= {name: (getattr(old, name)[old.bar <= bar], getattr(new, name)[new.bar <= bar]) for name in PRICES}
        tables = [table[table["role"] == "holdout"] for table in tables]
    names = [name for name, (one, other) in pairs.items() if not same(one, other)]
    return names if tables[0].equals(tables[1]) else [*names, "folds"]


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("source", ASSETS)
def test_what_was_known_does_not_move_with_the_future(source, label, where):
    before = truth(source, label)
    bar = place(before[1], where)
    other = with_another_future(raw_bars(source), before[0].timestamps[bar])
    after = assemble(other, source, LABELS[label])
    assert moved(before, after, bar) == []
    # The future did change, from the very next bar on.
    old, new = before[0], after[0]
    assert not same(old.features[old.bar == bar + 1], new.features[new.bar == bar + 1])
    assert not same(old.forward_return[old.bar == bar], new.forward_return[new.bar == bar])


@pytest.mark.parametrize("rule", POSITIONS)
def test_shares_of_the_capital_do_not_move_with_the_future(rule):
    label = "triple barrier" if "barriers" in POSITIONS[rule].reads else "direction over 5 bars"
    before = truth("us_tech_ohlcv", label)
    bar = place(before[1], "inside a validation")
    after = assemble(
        with_another_future(raw_bars("us_tech_ohlcv"), before[0].timestamps[bar]), "us_tech_ohlcv", LABELS[label]
    )
    config, decision = BacktestConfig(positions=rule), Decision(0.5)

    def shares(panel):
        rows = panel.windowed_rows((panel.all_bars,), 20)
        called = (np.random.default_rng(0).random(panel.n_rows) < 0.2)[rows].astype(float)
        forecast = Forecast(called, called, called[:, None] - 0.5)
        return weights_of(panel, rows, forecast, decision, config, np.arange(panel.n_bars))[0]

    old, new = shares(before[0]), shares(after[0])
    assert same(old[: bar + 1], new[: bar + 1])
    assert np.abs(old).max() > 0
    # Those that read prices go other ways from then on.
    assert (old[bar + 1 :] != new[bar + 1 :]).any() == bool(POSITIONS[rule].reads)


LEAKS = {
    "centred mean": lambda t: t["close"] / t["close"].rolling(21, center=True, min_periods=1).mean() - 1,
    "whole-sample score": lambda t: (t["close"] - t["close"].mean()) / t["close"].std(),
    "next return": lambda t: np.log(t["close"]).diff().shift(-1).fillna(0.0),
    "smoothing backwards": lambda t: t["close"][::-1].ewm(span=5).mean()[::-1] / t["close"],
}


@pytest.mark.parametrize("leak", LEAKS)
@pytest.mark.parametrize("where", PLACES)
def test_a_feature_that_looks_ahead_is_caught(leak, where, monkeypatch):
    monkeypatch.setitem(FEATURES._entries, "leak", Feature(LEAKS[leak], 0))
    raw, setting = raw_bars("us_tech_ohlcv"), ("us_tech_ohlcv", LABELS["direction over 1 bar"])
    features = (*STANDARD, "leak")
    before = assemble(raw, *setting, features)
    bar = place(before[1], where)
    after = assemble(with_another_future(raw, before[0].timestamps[bar]), *setting, features)
    assert moved(before, after, bar) == ["features"]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_that_claims_to_be_known_one_bar_too_early_is_caught(label):
    before = truth("us_tech_ohlcv", label)
    bar = place(before[1], "inside a validation")
    raw = with_another_future(raw_bars("us_tech_ohlcv"), before[0].timestamps[bar])
    after = assemble(raw, "us_tech_ohlcv", LABELS[label])
    hasty = [(replace(panel, label_end=panel.label_end - 1), split) for panel, split in (before, after)]
    assert "forward_return" in moved(*hasty, bar)


def test_a_split_that_follows_prices_is_caught():
    before = truth("us_tech_ohlcv", "direction over 1 bar")
    panel, split = before
    later = replace(split, search=replace(split.search, stop=split.search.stop - 1))
    assert moved(before, (panel, later), 1000) == ["folds"]


def test_baselines_of_folds_that_have_ended_do_not_move_with_the_future():
    before = truth("sp500_20", "direction over 5 bars")
    panel, split = before
    bar = place(split, "inside a validation")
    after = assemble(
        with_another_future(raw_bars("sp500_20"), panel.timestamps[bar]), "sp500_20", LABELS["direction over 5 bars"]
    )
    old, new = (baselines(*world, 20, BacktestConfig())["folds"] for world in (before, after))
    assert laid_out(panel, "label_end")[:, split.folds[0].validation[0].stop - 1].max() <= bar
    assert old[0] == new[0]
    assert all(one != other for one, other in zip(old[1:], new[1:], strict=True))


def test_the_bars_of_the_changed_future_are_still_valid_bars():
    raw = raw_bars("us_tech_ohlcv")
    middle = pd.Timestamp("2006-01-03", tz="UTC")
    changed = with_another_future(raw, middle)
    past = raw["timestamp"] <= middle
    pd.testing.assert_frame_equal(changed[past], raw[past])
    assert (changed.loc[~past, "close"] != raw.loc[~past, "close"]).mean() > 0.99
