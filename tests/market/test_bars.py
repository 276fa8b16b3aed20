"""Bars pass unchanged or are refused: every problem with its count, asset, first timestamp and remedy."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.checks.schema import BARS_SCHEMA
from trading_hpo.market.sources.config import SourcesConfig

REMEDY = "Correct or remove those bars."


def clean(raw: pd.DataFrame, assets="all", **settings) -> pd.DataFrame:
    return clean_bars(raw, assets, SourcesConfig(**settings))


def problems(raw: pd.DataFrame, assets="all", **settings) -> list[str]:
    with pytest.raises(DataError) as caught:
        clean(raw, assets, **settings)
    assert str(caught.value).count("\n") == len(caught.value.problems)
    return caught.value.problems


def day(number: int) -> str:
    return f"{pd.Timestamp('2020-01-01', tz='UTC') + pd.Timedelta(number, 'D')}"


@pytest.fixture
def bars(make_bars) -> pd.DataFrame:
    """AAA in rows 0 to 39, BBB in rows 40 to 79, one bar a day from 2020-01-01."""
    return make_bars(40)


def test_good_bars_come_back_unchanged_and_satisfy_the_schema(bars):
    cleaned = clean(bars)
    pd.testing.assert_frame_equal(cleaned, bars)
    BARS_SCHEMA.validate(cleaned)


def test_the_input_is_not_changed(bars):
    raw = bars.iloc[::-1].astype({"close": object})
    before = raw.copy(deep=True)
    clean(raw)
    pd.testing.assert_frame_equal(raw, before)


def test_newest_first_and_interleaved_assets_are_sorted_by_asset_and_time(bars):
    pd.testing.assert_frame_equal(clean(bars.iloc[::-1]), bars)
    pd.testing.assert_frame_equal(clean(bars.sort_values("timestamp", kind="stable")), bars)


def test_whole_numbers_and_numbers_written_as_text_become_floats(bars):
    raw = bars.assign(close=bars["close"].astype(str), volume=bars["volume"].astype(int))
    pd.testing.assert_frame_equal(clean(raw), bars)


def test_closes_alone_suffice(bars):
    assert list(clean(bars[["close", "asset", "timestamp"]])) == ["timestamp", "asset", "close"]


@pytest.mark.parametrize(("assets", "kept"), [("BBB", ["BBB"]), (["BBB", "AAA"], ["AAA", "BBB"]), (("AAA",), ["AAA"])])
def test_only_the_chosen_assets_are_kept_and_checked(bars, assets, kept):
    assert clean(bars, assets)["asset"].unique().tolist() == kept
    bars.loc[60, "close"] = -1.0
    assert ("BBB" in kept) == bool(_refused(bars, assets))


def _refused(raw, assets) -> bool:
    try:
        clean(raw, assets)
    except DataError:
        return True
    return False


def test_an_absent_asset_is_named_with_the_nearest_or_with_all(bars):
    assert problems(bars, ["AAB", "ZZZ", "BBB"]) == [
        "asset 'AAB' is not in the source. Did you mean 'AAA'?",
        "asset 'ZZZ' is not in the source. Known: AAA, BBB.",
    ]


def test_an_empty_table_is_refused(bars):
    assert problems(bars.head(0)) == ["the source must hold bars, got an empty table."]


def test_duplicates_are_counted_per_asset(bars):
    raw = pd.concat([bars, bars.iloc[[3, 3, 7]], bars.iloc[[45]]])
    remedy = "They are the same rows: remove the second of each."
    assert problems(raw) == [
        f"timestamps must be unique per asset, got 3 duplicates for AAA, first at {day(3)}. {remedy}",
        f"timestamps must be unique per asset, got 1 duplicates for BBB, first at {day(5)}. {remedy}",
    ]


@pytest.mark.parametrize("newest_first", [False, True])
def test_bars_out_of_order_are_counted_per_asset(bars, newest_first):
    rows = [*range(40), *range(40, 80)]
    rows[50], rows[51] = rows[51], rows[50]
    rows[60], rows[61] = rows[61], rows[60]
    raw = bars.iloc[rows[::-1] if newest_first else rows]
    first = day(21) if newest_first else day(10)
    assert problems(raw) == [
        f"timestamps must be in one order per asset, got 2 out of order for BBB, first at {first}. "
        "Bars of another asset, time zone or source may be among them: find out where they come from, and remove or "
        "rename them. Sorting would hide them."
    ]


def test_a_swap_at_the_very_start_does_not_make_the_whole_file_unordered(bars):
    (said,) = problems(bars.iloc[[1, 0, *range(2, 40)]])
    assert f"got 1 out of order for AAA, first at {day(0)}." in said


@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
@pytest.mark.parametrize(
    ("value", "rule"),
    [(0.0, "above 0"), (-2.5, "above 0"), (np.inf, "finite"), (np.nan, "a number"), ("n/a", "a number")],
)
def test_a_price_that_is_none_is_refused(bars, column, value, rule):
    raw = bars.drop(columns={"high", "low"} - {column})  # alone, so that high and low cannot contradict each other
    raw = raw.astype({column: object})
    raw.loc[[5, 9, 42], column] = value
    assert problems(raw) == [
        f"{column} must be {rule}, got {value!r} in 3 bars of AAA (2), BBB (1), first at {day(5)}. {REMEDY}"
    ]


@pytest.mark.parametrize(("value", "rule"), [(-1.0, "0 or more"), (np.inf, "finite"), (np.nan, "a number")])
def test_a_volume_that_is_none_is_refused_but_no_volume_is_allowed(bars, value, rule):
    bars.loc[0, "volume"] = 0.0
    clean(bars)
    bars.loc[70, "volume"] = value
    assert problems(bars) == [
        f"volume must be {rule}, got {value!r} in 1 bars of BBB (1), first at {day(30)}. {REMEDY}"
    ]


def test_a_high_below_its_low_is_refused_and_a_bar_without_range_is_not(bars):
    bars.loc[0, ["open", "high", "low", "close"]] = bars.loc[0, "close"]
    clean(bars)
    bars.loc[[10, 20], "high"] = 1.0
    bars.loc[[10, 20], "low"] = 2.0
    assert problems(bars) == [
        f"high must be at or above low (2.0), got 1.0 in 2 bars of AAA (2), first at {day(10)}. {REMEDY}"
    ]


def test_many_assets_are_counted_and_the_worst_three_named(make_bars):
    raw = make_bars(10, assets=("A", "B", "C", "D", "E"))
    raw.loc[[0, 10, 20, 21, 30, 31, 32, 40], "close"] = 0.0
    where = f"D (3), C (2), A (1) and 2 more assets, first at {day(0)}"
    assert problems(raw[["timestamp", "asset", "close"]]) == [
        f"close must be above 0, got 0.0 in 8 bars of {where}. {REMEDY}"
    ]


def test_bars_without_an_asset_are_refused(bars):
    raw = bars.copy()
    raw.loc[[2, 3], "asset"] = np.nan
    expected = f"asset must be named, got 2 bars without, first at {day(2)}. Fill that column or remove those bars."
    assert problems(raw) == [expected]


GAP = "Fill the source, drop the asset, or raise sources.max_missing_bars."


def test_a_single_assets_hole_is_measured_in_its_usual_steps(make_bars):
    raw = make_bars(60, assets=("AAA",)).drop(index=range(20, 31))
    assert problems(raw) == [
        f"missing bars in a row must be at most 10, got 11 for AAA after {day(19)}. {GAP}",
    ]
    clean(raw, max_missing_bars=11)


def test_one_assets_hole_is_measured_in_the_bars_of_the_others(bars):
    raw = bars.drop(index=range(50, 55))
    clean(raw, max_missing_bars=5)
    assert problems(raw, max_missing_bars=4) == [
        f"missing bars in a row must be at most 4, got 5 for BBB after {day(9)}. {GAP}",
    ]


def test_a_hole_of_all_assets_is_said_once(bars):
    raw = bars.drop(index=[*range(10, 30), *range(50, 70)])
    assert problems(raw) == [
        f"missing bars in a row must be at most 10, got 20 for all assets after {day(9)}. {GAP}",
    ]


def test_a_late_start_and_an_early_end_are_no_holes(bars):
    assert len(clean(bars.drop(index=[*range(20), *range(60, 80)]), max_missing_bars=0)) == 40


def test_weekends_of_daily_data_are_no_holes(us_tech):
    assert len(clean(us_tech, max_missing_bars=10)) == len(us_tech)


def test_every_problem_is_listed_at_once(bars):
    raw = bars.astype({"open": object})
    raw.loc[1, "open"] = "n/a"
    raw.loc[2, "close"] = -1.0
    raw.loc[43, "low"] = np.nan
    raw.loc[4, ["high", "low"]] = [1.0, 2.0]
    raw = pd.concat([raw.drop(index=range(60, 75)), raw.loc[[5]]])
    said = problems(raw)
    for fragment in (
        "timestamps must be unique per asset, got 1 duplicates for AAA",
        "missing bars in a row must be at most 10, got 15 for BBB",
        "open must be a number, got 'n/a' in 1 bars of AAA (1)",
        "close must be above 0, got -1.0 in 1 bars of AAA (1)",
        "low must be a number, got nan in 1 bars of BBB (1)",
        "high must be at or above low (2.0), got 1.0 in 1 bars of AAA (1)",
    ):
        assert sum(fragment in line for line in said) == 1, fragment
    assert len(said) == 6
