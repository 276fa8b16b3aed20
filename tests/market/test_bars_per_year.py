"""Bars per year are those of the stamps, or as set; a contradiction is said."""

import pandas as pd
import pytest

from trading_hpo.market.bars_per_year import bars_per_year
from trading_hpo.market.sources.config import CsvSource, SourcesConfig

WEEKDAYS = pd.bdate_range("2015-01-01", "2019-12-31", tz="UTC")


@pytest.mark.parametrize(
    ("stamps", "a_year"),
    [
        (pd.date_range("2015-01-01", "2019-12-31", tz="UTC"), 365.25),
        (WEEKDAYS, 261),
        (pd.date_range("2015-01-01", "2015-03-01", freq="h", tz="UTC"), 8766),
        (WEEKDAYS.repeat(7) + pd.to_timedelta([*range(7)] * len(WEEKDAYS), "h"), 7 * 261),
    ],
    ids=["every day", "weekdays", "every hour", "seven hours of weekdays"],
)
def test_bars_per_year_are_those_of_the_stamps_where_none_are_set(stamps, a_year, caplog):
    assert bars_per_year("csv", SourcesConfig(), stamps) == pytest.approx(a_year, rel=0.005)
    assert not caplog.records


def test_a_setting_that_the_stamps_contradict_is_used_and_said_with_both_numbers(caplog):
    daily = SourcesConfig(csv=CsvSource(bars_per_year=252))
    hours = pd.date_range("2019-01-01", "2019-12-31", freq="h", tz="UTC")
    assert bars_per_year("csv", daily, hours) == 252
    (record,) = caplog.records
    assert (
        "sources.csv.bars_per_year is 252, and the 8737 bars from 2019-01-01 to 2019-12-31 are 8766 a year"
        in record.message
    )


def test_holidays_contradict_no_setting(caplog):
    stamps = WEEKDAYS.delete(range(0, len(WEEKDAYS), 26))  # ten days a year
    assert bars_per_year("csv", SourcesConfig(csv=CsvSource(bars_per_year=252)), stamps) == 252
    assert bars_per_year("csv", SourcesConfig(csv=CsvSource(bars_per_year=252)), WEEKDAYS[:1]) == 252
    assert not caplog.records
