"""Bars as people have them: what cannot be is refused with a remedy that helps, what is unusual is said."""

import numpy as np
import pandas as pd
import pytest
from tests.makers.inputs import Input, csv, expected, good_bars

from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.market.sources.read import read_source

BARS = good_bars()
OTHER = good_bars(asset="BBB", seed=1, level=50.0)
HOURS = good_bars(n=400, step="h")
LONG = good_bars(n=300)
WEEKDAYS = LONG[pd.to_datetime(LONG["timestamp"]).dt.day_of_week < 5]
PRICES = ["open", "high", "low", "close"]


def with_values(rows, bars: pd.DataFrame = BARS, **values) -> pd.DataFrame:
    changed = bars.copy()
    for name, value in values.items():
        changed[name] = changed[name].astype(float)
        changed.loc[rows, name] = value
    return changed


def scaled(bars: pd.DataFrame, since: int, by: float, names=PRICES) -> pd.DataFrame:
    """Bars of which some are in another unit, as a split leaves them."""
    factor = np.where(np.arange(len(bars)) >= since, by, 1.0)
    return bars.assign(**{name: bars[name] * factor for name in names})


def stood_still(bars: pd.DataFrame, first: int, n: int) -> pd.DataFrame:
    """Bars in which a feed repeats one of them n times more."""
    changed = bars.copy()
    numbers = [*PRICES, "volume"]
    changed.loc[first + 1 : first + n, numbers] = changed.loc[first, numbers].to_numpy()
    return changed


def filled(bars: pd.DataFrame) -> pd.DataFrame:
    """Weekdays whose weekends somebody filled with Friday's close."""
    days = pd.to_datetime(bars["timestamp"]).dt.day_of_week
    close = bars["close"].where(days < 5).ffill()
    values = {name: bars[name].where(days < 5, close) for name in PRICES} | {
        "volume": bars["volume"].where(days < 5, 0)
    }
    return bars.assign(**values)[days.cumsum() > 0]


def in_zone(bars: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Bars whose days begin at midnight there."""
    return bars.assign(timestamp=pd.to_datetime(bars["timestamp"]).dt.tz_localize(zone).dt.tz_convert("UTC"))


def two_clocks(bars: pd.DataFrame, first: int, n: int) -> pd.DataFrame:
    """Newest first, with some bars a second time under a clock that is five hours behind, where their own are lost."""
    newest_first = bars.drop(index=range(first - 5, first))[::-1]
    copies = bars.loc[first : first + n - 1].assign(timestamp=bars["timestamp"].shift(5))
    both = pd.concat([newest_first.assign(order=newest_first.index), copies.assign(order=copies.index + 0.5)])
    return both.sort_values("order", ascending=False).drop(columns="order")


def every_other(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Rows of two tables in turns."""
    both = pd.concat([first.assign(order=range(len(first))), second.assign(order=range(len(second)))])
    return both.sort_values("order", kind="stable").drop(columns="order")


def dollar_bars() -> pd.DataFrame:
    """Bars of as many minutes as a volume needs, and of nights."""
    rng = np.random.default_rng(3)
    minutes = np.cumsum(rng.lognormal(2, 1.5, len(LONG)).clip(1, 900).astype(int))
    stamps = pd.Timestamp("2020-01-01") + pd.to_timedelta(minutes, "min")
    return LONG.assign(timestamp=stamps.strftime("%Y-%m-%d %H:%M"))


SESSIONS = HOURS[pd.to_datetime(HOURS["timestamp"]).dt.hour.between(9, 15)]
COIN_AND_STOCK = pd.concat([HOURS, SESSIONS.assign(asset="STOCK")])
DAILY = good_bars(n=15, asset="DAILY", seed=4)
DAILY_AND_HOURLY = pd.concat([HOURS, DAILY.assign(timestamp=DAILY["timestamp"] + " 00:00")])
LATER = OTHER.assign(asset="AAA", timestamp=pd.to_datetime(OTHER["timestamp"]) - pd.Timedelta(days=40, hours=5))

WARNED = [
    *(
        Input(
            f"a split {name}",
            {"bars.csv": csv(scaled(BARS, 30, factor))},
            warned=f"Moves as large as a split makes them: AAA {name} at 2020-01-31 00:00:00+00:00 (",
            becomes=scaled(BARS, 30, factor),
        )
        for name, factor in {
            **{
                "3:2": 2 / 3,
                "2:1": 1 / 2,
                "3:1": 1 / 3,
                "4:1": 1 / 4,
                "5:1": 1 / 5,
                "7:1": 1 / 7,
                "10:1": 0.1,
                "20:1": 0.05,
            },
            **{"2:3": 3 / 2, "1:2": 2, "1:10": 10, "1:20": 20},
        }.items()
    ),
    Input(
        "a close in pence",
        {"bars.csv": csv(scaled(BARS, 30, 100.0))},
        warned="Moves of more than 80 % in one bar: AAA at 2020-01-31 00:00:00+00:00 (+",
        becomes=scaled(BARS, 30, 100.0),
    ),
    Input(
        "a misprint",
        {"bars.csv": csv(with_values(30, high=2100.0, close=2050.0))},
        warned="Moves of more than 80 % in one bar: AAA at 2020-01-31 00:00:00+00:00 (+",
        becomes=with_values(30, high=2100.0, close=2050.0),
    ),
    Input(
        "volume in lots",
        {"bars.csv": csv(scaled(BARS, 30, 0.001, ["volume"]))},
        warned="Volume of another size from one bar on: AAA at 2020-01-31 00:00:00+00:00 (",
        becomes=scaled(BARS, 30, 0.001, ["volume"]),
    ),
    Input(
        "a feed that stood still, kept",
        {"bars.csv": csv(stood_still(BARS, 12, 4))},
        {"repeated_bars": "keep"},
        warned="Kept: 4 bars of AAA (4), first at 2020-01-14 00:00:00+00:00 that repeat the bars before",
        becomes=stood_still(BARS, 12, 4),
    ),
    Input(
        "a feed that stood still, dropped",
        {"bars.csv": csv(stood_still(BARS, 12, 4))},
        {"repeated_bars": "drop"},
        warned="Dropped: 3 bars of AAA (3), first at 2020-01-15 00:00:00+00:00 that repeat the bars before",
        becomes=stood_still(BARS, 12, 4).drop(index=range(14, 17)),
    ),
]

READ = [
    Input("weekdays", {"bars.csv": csv(WEEKDAYS)}, becomes=WEEKDAYS),
    Input("every day of the week", {"bars.csv": csv(LONG)}, becomes=LONG),
    Input("two bars alike", {"bars.csv": csv(stood_still(BARS, 20, 1))}, becomes=stood_still(BARS, 20, 1)),
    Input("three bars alike of 300", {"bars.csv": csv(stood_still(LONG, 20, 2))}, becomes=stood_still(LONG, 20, 2)),
    Input(
        "a close a cent above its high",
        {"bars.csv": csv(with_values(9, high=BARS["close"][9] - 0.01, open=BARS["close"][9] - 0.01))},
        becomes=with_values(9, high=BARS["close"][9] - 0.01, open=BARS["close"][9] - 0.01),
    ),
    Input("a bar without trade", {"bars.csv": csv(with_values(9, volume=0))}, becomes=with_values(9, volume=0)),
    Input("a fall by a third", {"bars.csv": csv(scaled(BARS, 30, 0.72))}, becomes=scaled(BARS, 30, 0.72)),
    Input(
        "one bar of much volume",
        {"bars.csv": csv(with_values(30, volume=900_000))},
        becomes=with_values(30, volume=900_000),
    ),
]

REFUSED = [
    Input(
        "closes above their high",
        {"bars.csv": csv(with_values([9, 12], close=BARS["high"][[9, 12]] + 1))},
        refused="open and close must be between low and high, got open",
        then={"bars.csv": csv()},
    ),
    Input(
        "opens below their low",
        {"bars.csv": csv(with_values([9], open=BARS["low"][9] - 1))},
        refused="in 1 bars of AAA (1), first at 2020-01-10 00:00:00+00:00",
        then={"bars.csv": csv()},
    ),
    Input(
        "a feed that stood still",
        {"bars.csv": csv(stood_still(BARS, 12, 4))},
        refused="got 4 bars of AAA (4), first at 2020-01-14 00:00:00+00:00 that repeat the bars before",
        then={"repeated_bars": "drop"},
        becomes=stood_still(BARS, 12, 4).drop(index=range(14, 17)),
    ),
    Input(
        "weekends filled",
        {"bars.csv": csv(filled(LONG))},
        refused="that repeat Friday's close on a weekend",
        then={"repeated_bars": "drop"},
        becomes=WEEKDAYS,
    ),
    *(
        Input(
            f"weekends filled in {zone}",
            {"bars.csv": csv(filled(LONG))},
            {"timezone": zone},
            refused="that repeat Friday's close on a weekend",
            then={"repeated_bars": "drop"},
            becomes=in_zone(WEEKDAYS, zone),
        )
        for zone in ("Europe/Berlin", "Asia/Tokyo", "America/New_York")
    ),
    Input(
        "weekends filled, closes alone",
        {"bars.csv": csv(filled(LONG)[["timestamp", "asset", "close"]])},
        refused="that repeat Friday's close on a weekend",
        then={"repeated_bars": "drop"},
        becomes=WEEKDAYS[["timestamp", "asset", "close"]],
    ),
    Input(
        "bars under two clocks",
        {"bars.csv": csv(two_clocks(HOURS, 200, 5))},
        refused="5 of them have the values of the bar next to them, 0 days 05:00:00 apart: the same bars under two "
        "clocks",
        then={"bars.csv": csv(HOURS.drop(index=range(195, 200)))},
        becomes=HOURS.drop(index=range(195, 200)),
    ),
    Input(
        "bars of another asset in between",
        {"bars.csv": csv(every_other(BARS.assign(timestamp=BARS["timestamp"] + " 00:00:00"), LATER))},
        refused="Bars of something else are among them (closes alternate, about",
        then={"bars.csv": csv()},
    ),
    Input(
        "bars of another asset in between, sorted",
        {
            "bars.csv": csv(
                pd.concat(
                    [HOURS, OTHER.assign(asset="AAA", timestamp=HOURS["timestamp"][:60].str.replace(":00", ":30"))]
                ).sort_values("timestamp")
            )
        },
        {"max_missing_bars": 1000},
        refused="prices of AAA must be those of one asset, got",
        then={"bars.csv": csv(HOURS)},
        becomes=HOURS,
    ),
    Input(
        "two years the wrong way round",
        {"bars.csv": csv(pd.concat([BARS[30:], BARS[:30]]))},
        refused="The file has 2 blocks of bars that do not overlap: put the earlier ones first.",
        then={"bars.csv": csv()},
    ),
    Input(
        "two years, each with its newest bars first, the wrong way round",
        {"bars.csv": csv(pd.concat([BARS[:30][::-1], BARS[30:][::-1]]))},
        refused="The file has 2 blocks of bars that do not overlap: put the later ones first.",
        then={"bars.csv": csv(BARS[::-1])},
    ),
    Input(
        "a row twice",
        {"bars.csv": csv(pd.concat([BARS[:10], BARS[9:]]))},
        refused="got 1 duplicates for AAA, first at 2020-01-10 00:00:00+00:00. They are the same rows: remove",
        then={"bars.csv": csv()},
    ),
    Input(
        "a bar with two values",
        {"bars.csv": csv(pd.concat([BARS[:10], with_values(9, close=BARS["low"][9])[9:]]))},
        refused="Their values differ: if they are of several assets, name the column of the assets; else keep one of "
        "each",
        then={"bars.csv": csv()},
    ),
    Input(
        "a market that closes at night",
        {"bars.csv": csv(SESSIONS)},
        refused="got 17 for AAA after 2020-01-01 15:00:00+00:00: the market seems to close, 16 times.",
        then={"max_missing_bars": 17},
        becomes=SESSIONS,
    ),
    Input(
        "a stock beside a coin",
        {"bars.csv": csv(COIN_AND_STOCK)},
        refused="got 17 for STOCK after 2020-01-01 15:00:00+00:00: its market seems to close, 16 times, while others "
        "are open.",
        then={"max_missing_bars": 17},
        becomes=COIN_AND_STOCK,
    ),
    Input(
        "days beside hours",
        {"bars.csv": csv(DAILY_AND_HOURLY)},
        refused="its bars come every 1 days 00:00:00, those of all assets every 01:00:00. If that is so, set "
        "sources.max_missing_bars=23;",
        then={"max_missing_bars": 23},
        becomes=DAILY_AND_HOURLY,
    ),
    Input(
        "bars of no fixed length",
        {"bars.csv": csv(dollar_bars())},
        refused=": bars have no fixed length, from 00:01:00 to",
        then={"max_missing_bars": 200},
        becomes=dollar_bars(),
    ),
]


def _ids(inputs):
    return [one.name for one in inputs]


@pytest.mark.parametrize("given", READ, ids=_ids(READ))
def test_bars_that_are_usual_pass_in_silence(given, tmp_path, caplog):
    pd.testing.assert_frame_equal(given.read(tmp_path), expected(given.becomes), check_dtype=False, rtol=1e-12)
    assert not caplog.records


@pytest.mark.parametrize("given", WARNED, ids=_ids(WARNED))
def test_what_is_unusual_is_said(given, tmp_path, caplog):
    pd.testing.assert_frame_equal(given.read(tmp_path), expected(given.becomes), check_dtype=False, rtol=1e-12)
    (record,) = caplog.records
    assert given.warned in record.getMessage()


@pytest.mark.parametrize("given", REFUSED, ids=_ids(REFUSED))
def test_what_cannot_be_is_refused_with_a_remedy_that_helps(given, tmp_path):
    with pytest.raises(DataError) as caught:
        given.read(tmp_path)
    assert given.refused in str(caught.value)
    assert "sort the file" not in str(caught.value)
    found = given.read(tmp_path, helped=True)
    pd.testing.assert_frame_equal(found, expected(given.becomes), check_dtype=False, rtol=1e-12)


@pytest.mark.parametrize("source", PACKAGED)
def test_of_the_packaged_sources_one_move_is_said(source, caplog):
    clean_bars(read_source(source, SourcesConfig()), "all", SourcesConfig())
    said = [record.getMessage() for record in caplog.records]
    # AMD rose by 52 % on 22 April 2016, without a split.
    amd = [
        "Moves as large as a split makes them: AMD 2:3 at 2016-04-22 00:00:00+00:00 (+52.3%). Adjust prices for them "
        "if they are."
    ]
    assert said == (amd if source == "sp500_20" else [])


def test_what_holds_for_hundreds_of_assets_is_said_in_a_few_lines(caplog):
    many = pd.concat([expected(scaled(BARS, 30, 0.5)).assign(asset=f"A{i:03}") for i in range(300)], ignore_index=True)
    clean_bars(many, "all", SourcesConfig())
    (record,) = caplog.records
    assert record.getMessage().count("2:1") == 5
    assert "and 295 more" in record.getMessage()
    with pytest.raises(DataError) as caught:
        clean_bars(pd.concat([many, many]), "all", SourcesConfig())
    assert str(caught.value).count("\n") == 21
    assert "and 280 more" in str(caught.value)
    with pytest.raises(DataError) as caught:
        clean_bars(many, ["ZZZ"], SourcesConfig())
    assert "and 270 more" in str(caught.value)


def test_which_bars_are_dropped_is_known_when_they_come():
    """What comes later changes nothing of what was dropped."""
    settings = SourcesConfig(repeated_bars="drop", max_missing_bars=1000)
    calm = expected(LONG)
    frozen = expected(stood_still(LONG, 150, 100))
    early = clean_bars(stood_still(calm, 20, 2), "all", settings)
    late = clean_bars(stood_still(frozen, 20, 2), "all", settings)
    until = calm["timestamp"][140]
    pd.testing.assert_frame_equal(early[early["timestamp"] < until], late[late["timestamp"] < until])
    assert len(early) == len(calm) - 1
