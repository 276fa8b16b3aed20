"""The future is changed: what knew it moves, and nothing else does."""

from dataclasses import replace
from functools import partial
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from tests.makers.audits import business_days, project, scale_of

from trading_hpo.audit.cuts import N_CUTS, N_FEATURE_CUTS
from trading_hpo.audit.look_ahead import _bars, _Cut, look_ahead
from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES, STANDARD
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split
from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.labels import LabelsConfig
from trading_hpo.tasks.registry import TASKS

# Each with how long before a cut its values move; as long as the coarser bar is, where that depends on the cut.
LOOKING = {
    "centred_mean": range(9, 10),
    "whole_sample": range(500),
    "filled_at_the_start": range(21),
    "filled_between": range(23),
    "filled_inside": range(5),
    "weekly_bar": range(5),
    "lagging_span": range(25, 26),
}


def checked(raw, rebuild):
    return look_ahead(raw, rebuild.build(rebuild.clean(raw)), rebuild)


@pytest.mark.parametrize(("name", "before"), LOOKING.items())
def test_a_feature_that_looks_ahead_is_named_with_the_cut_and_the_size(raw, leaky, name, before):
    check = checked(raw, project(["return_1", name]))
    assert check.status == "findings"
    (finding,) = check.findings
    assert finding.column == name
    assert pd.Timestamp(finding.cut) in set(raw["timestamp"])
    assert finding.size > 0.001
    change, _, first = finding.said.partition(", the first ")
    assert change.endswith(f"change by up to {finding.size:.3g}")
    assert int(first.removesuffix(" bars before it")) in before


@pytest.mark.parametrize("kind", TASKS)
def test_our_features_labels_and_folds_do_not_look_ahead(kind):
    """Ends of the labels of triple_barrier move with the future, and folds with them."""
    raw = business_days(700)
    options = {"horizon_bars": 3} if kind == "path" else {"median_bars": 40} if kind == "volatility" else {}
    names = [name for name in STANDARD if name != "momentum_12_1"] if kind == "direction" else ["return_1"]
    clean = partial(clean_bars, assets="all", sources=SourcesConfig())
    check = checked(raw, project(names, LabelsConfig(kind=kind, **options), clean=clean))
    assert check.findings == ()
    assert check.looked_at.startswith(
        f"{N_CUTS} cuts, {N_FEATURE_CUTS} more of features; labels, {len(names)} feature column"
    )
    assert int(check.looked_at.split()[-2]) > 0  # scalers


class TooEarly(Direction):
    """Says that its label is known after one bar, and reads three."""

    name: ClassVar[str] = "too_early"

    def build(self, bars):
        ahead = bars["close"].shift(-3) / bars["close"] - 1
        return (ahead > 0).astype("float64").where(ahead.notna()).to_numpy()[:, None]


class OfAll(Direction):
    """Compares with the mean move of the whole sample."""

    name: ClassVar[str] = "of_all"

    def build(self, bars):
        moves = np.log(bars["close"]).diff().shift(-1)
        return (moves > moves.mean()).astype("float64").where(moves.notna()).to_numpy()[:, None]


@pytest.mark.parametrize("task", [TooEarly, OfAll])
def test_a_label_that_reads_beyond_its_end_is_found(raw, enter, task):
    enter(TASKS, task.name, task)
    (finding,) = checked(raw, project(labels=LabelsConfig(kind=task.name))).findings
    assert finding.column == "target"
    assert finding.cut is not None
    assert finding.size == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_rare_holes_that_are_filled_from_later_bars_are_found_though_the_column_shows_no_mark(enter, seed):
    def over_five_bars(bars):
        return bars["close"].where(bars["volume"] > 0).bfill().fillna(bars["close"]).pct_change(5)

    enter(FEATURES, "over_five_bars", Feature(over_five_bars, 5, ("close", "volume")))
    raw = business_days(1000, seed=seed)
    raw.loc[np.random.default_rng(seed).random(len(raw)) < 0.005, "volume"] = 0.0
    (finding,) = checked(raw, project(["over_five_bars"])).findings
    assert finding.column == "over_five_bars"


def test_a_scaler_that_is_fitted_on_all_rows_is_found(raw):
    rebuild = project(scale=lambda panel, rows: scale_of(panel, np.flatnonzero(panel.observed)))
    (finding,) = checked(raw, rebuild).findings
    assert finding.column == "return_1"
    assert "scaler of fold" in finding.said


def test_folds_that_follow_prices_are_found(raw):
    def by_price(panel):
        share = 0.2 + abs(float(panel.forward_return[:, 0].mean())) * 1e4 % 0.2
        return build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig(fraction=share))

    findings = {finding.column: finding for finding in checked(raw, project(split=by_price)).findings}
    assert findings["folds"].size > 0


@pytest.mark.parametrize("seed", range(2))
def test_a_feature_that_is_missing_inside_history_moves_no_fold(enter, seed):
    def against_its_mean(bars):
        level = np.log(bars["volume"].where(bars["volume"] > 0))
        return level - level.rolling(20).mean()

    enter(FEATURES, "against_its_mean", Feature(against_its_mean, 19, ("volume",)))
    raw = business_days(1000, seed=seed)
    raw.loc[np.random.default_rng(seed).random(len(raw)) < 0.01, "volume"] = 0.0
    assert checked(raw, project(["against_its_mean"])).findings == ()


def test_folds_that_other_prices_make_impossible_are_found(raw):
    usual = project()
    known = float(usual.build(raw).panel.forward_return.sum())

    def strict(panel):
        if float(panel.forward_return.sum()) != known:
            raise DataError(["folds must have bars, got none."])
        return usual.split(panel)

    (finding,) = checked(raw, project(split=strict)).findings
    assert finding.column == "folds"
    assert finding.said == "the folds cannot be made with other prices after it: folds must have bars, got none."


def test_bars_that_are_filled_from_later_ones_are_found(raw):
    def filled(raw):
        return raw.assign(volume=raw["volume"].where(raw["volume"] > 5000).bfill().fillna(0.0))

    findings = {finding.column for finding in checked(raw, project(clean=filled)).findings}
    assert findings == {"bars"}


def test_bars_that_differ_are_counted_and_empty_regimes_are_none_of_them(raw):
    def filled(raw):
        return raw.assign(regime=None, volume=raw["volume"].where(raw.index != 20).bfill().fillna(0.0))

    own = raw[raw["asset"] == "A"].reset_index(drop=True)
    rebuild = project(clean=filled)
    built = rebuild.build(rebuild.clean(own))
    (finding,) = _bars(own, built, rebuild, _Cut(own["timestamp"][20], 20))
    assert finding.said == "1 of 21 clean bars up to this cut differ when the source ends at it"


def test_a_panel_that_is_changed_after_its_features_is_looked_at_too(raw):
    usual = project()

    def scaled(bars, table):
        panel = usual.panel(bars, table)
        np.divide(panel.features, panel.features.std(axis=0), out=panel.features)
        return panel

    (finding,) = checked(raw, project(panel=scaled)).findings
    assert finding.column == "return_1"


def test_regimes_that_follow_later_prices_are_found(raw):
    usual = project()

    def with_regimes(bars, table):
        above = (bars["close"] > bars["close"].median()).to_numpy()
        return replace(usual.panel(bars, table), regime=above.astype(int), regime_names=("low", "high"))

    (finding,) = checked(raw, project(panel=with_regimes)).findings
    assert finding.column == "regime"
    assert finding.size == 1.0


def test_data_that_cannot_be_made_with_another_future_are_refused_in_words(raw):
    known = raw["close"].max()

    def strict(bars):
        if bars["close"].max() != known:
            raise DataError(["prices must be those of the file, got others."])
        return project().features(bars)

    with pytest.raises(DataError, match=r"made again with other prices after 2020-01-01.*, got: prices must be"):
        checked(raw, project(features=strict))
