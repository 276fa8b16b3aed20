"""Columns that are the future are found by what they predict; honest ones, and tomorrow's volume, are not."""

import numpy as np
import pandas as pd
import pytest
from tests.audit.plugin.leaky_features import TOMORROWS_FILE
from tests.makers.audits import business_days, project

from trading_hpo.audit.source import PLAUSIBLE, source
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES, STANDARD


def checked(raw, rebuild):
    return source(rebuild.build(rebuild.clean(raw)))


def test_a_file_with_tomorrows_stamp_is_found_though_it_does_not_move_with_prices(raw, leaky, tmp_path, monkeypatch):
    mood = raw[["timestamp", "asset"]].copy()
    returns = np.log(raw["close"]).groupby(raw["asset"]).diff()
    mood["mood"] = returns.rolling(3).mean().groupby(raw["asset"]).shift(-1)  # of yesterday, today and tomorrow
    monkeypatch.setenv(TOMORROWS_FILE, str(tmp_path / "mood.csv"))
    mood.to_csv(tmp_path / "mood.csv", index=False)
    (finding,) = checked(raw, project(["return_1", "from_tomorrows_file"])).findings
    assert finding.column == "from_tomorrows_file"
    assert 0.5 < finding.size <= 1
    assert "the next return of" in finding.said

    mood["mood"] = mood["mood"].groupby(mood["asset"]).shift(1)
    mood.to_csv(tmp_path / "mood.csv", index=False)
    assert checked(raw, project(["return_1", "from_tomorrows_file"])).findings == ()


def test_a_level_whose_change_is_the_next_return_is_found(raw, enter):
    enter(FEATURES, "tomorrows_close", Feature(lambda bars: np.log(bars["close"]).shift(-1).ffill(), 0))
    (finding,) = checked(raw, project(["return_1", "tomorrows_close"])).findings
    assert finding.column == "tomorrows_close"
    assert finding.size > 0.99
    assert "the change of it" in finding.said


def test_a_source_whose_closes_are_shifted_by_one_against_its_opens_is_found(raw):
    alone = raw[["timestamp", "asset", "open", "close"]]  # with highs and lows such bars are refused
    assert checked(alone, project()).findings == ()
    shifted = alone.assign(close=alone.groupby("asset")["close"].shift(-1)).dropna()
    findings = {finding.column: finding for finding in checked(shifted, project()).findings}
    assert findings["open"].size > PLAUSIBLE
    assert "the return to the next open" in findings["open"].said


def test_one_asset_with_the_future_among_others_is_found_and_named(enter):
    bars = business_days(400, ("A", "B", "C"))

    def only_of_b(own):
        moves = np.log(own["close"]).diff()
        return moves.shift(-1 if own["asset"].iloc[0] == "B" else 0).fillna(0.0)

    enter(FEATURES, "mixed", Feature(only_of_b, 1))
    (finding,) = checked(bars, project(["return_1", "mixed"])).findings
    assert "return of B" in finding.said


@pytest.mark.parametrize("seed", range(5))
def test_random_markets_are_clean(seed):
    assert checked(business_days(350, seed=seed), project(STANDARD)).findings == ()


def test_tomorrows_volume_is_not_found_as_it_says_nothing_of_the_direction(raw, enter):
    enter(FEATURES, "next_volume", Feature(lambda bars: np.log(bars["volume"]).shift(-1).ffill(), 0))
    assert checked(raw, project(["next_volume"])).findings == ()


def rare_flag(bars):
    """On once, for 40 bars: its change is 0 on all bars but two."""
    return pd.Series(0.0, index=bars.index).where(~bars.index.isin(range(300, 340)), 1.0)


def test_a_rare_flag_does_not_hide_other_columns(enter):
    bars, random = business_days(1000, ("A",)), np.random.default_rng(5)

    def tomorrows_level(own):
        level = np.log(own["close"].shift(-1).ffill())
        return level - level.rolling(50, min_periods=1).mean() + random.normal(0, 0.006, len(own))

    enter(FEATURES, "tomorrows_level", Feature(tomorrows_level, 0))
    enter(FEATURES, "rare_flag", Feature(rare_flag, 0))
    (finding,) = checked(bars, project(["tomorrows_level", "rare_flag"])).findings
    assert finding.column == "tomorrows_level"
    assert "permuted returns reach 0.1" in finding.said


@pytest.mark.parametrize("seed", range(5))
def test_rare_flags_beside_closes_that_seldom_move_are_no_findings(enter, seed):
    bars, random = business_days(350, ("A",), seed), np.random.default_rng(seed)
    closes = bars["close"].where(random.random(len(bars)) < 0.2).ffill().bfill()
    bars = bars.drop(columns=["open", "high", "low"]).assign(close=closes)

    def flags(own):
        on = random.random((len(own), 50)) < 0.02
        return pd.DataFrame(on.astype(float), columns=[str(n) for n in range(50)], index=own.index)

    enter(FEATURES, "flag", Feature(flags, 0, outputs=tuple(str(n) for n in range(50))))
    assert checked(bars, project(["return_1", "flag"])).findings == ()


def test_too_few_bars_are_an_answer(raw):
    check = checked(raw.groupby("asset").head(40), project())
    assert check.status == "too few"
    assert check.looked_at == "at least 250 bars of an asset are needed, got 40"


def test_a_column_that_never_moves_is_no_finding(raw, enter):
    enter(FEATURES, "still", Feature(lambda bars: pd.Series(1.0, index=bars.index), 0))
    assert checked(raw, project(["return_1", "still"])).findings == ()


def test_an_asset_or_a_column_with_too_few_bars_is_left_out(raw, enter):
    def late(bars):
        return np.log(bars["close"]).diff().shift(-1).fillna(0.0)

    enter(FEATURES, "late", Feature(late, len(raw) // 2 - 100))
    short = pd.concat([raw[raw["asset"] == "A"], raw[raw["asset"] == "B"].head(100)])
    check = checked(short, project(["return_1", "late"]))
    assert check.findings == ()
    assert "1 of 2 assets" in check.looked_at
