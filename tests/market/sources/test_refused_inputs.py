"""Files as people have them that could be read wrongly are refused with a remedy that helps."""

import pandas as pd
import pytest
from tests.makers.inputs import Input, csv, expected, lines
from tests.market.sources.files import (
    AUTUMN,
    BARS,
    CLOSES,
    HOURS,
    LATER,
    LONG_AGAIN,
    MANY_LEVELS,
    NIGHTS,
    OTHER,
    SPRING,
    STAMPS,
    TWO,
    WIDE,
    grouped,
    local,
    named,
    seconds,
    stamped,
    without,
)

from trading_hpo.errors import DataError

REFUSED = [
    Input(
        "semicolons", {"bars.csv": csv(sep=";")}, refused="Set sources.csv.separator to ';'", then={"separator": ";"}
    ),
    Input(
        "tabs unnamed",
        {"bars.csv": csv(sep="\t")},
        refused="Set sources.csv.separator to tab",
        then={"separator": "tab"},
    ),
    Input("bars", {"bars.csv": csv(sep="|")}, refused="Set sources.csv.separator to '|'", then={"separator": "|"}),
    Input(
        "semicolons and decimal commas",
        {"bars.csv": csv(sep=";", decimal=",")},
        {"separator": ";"},
        refused="in line 2",
        then={"decimal": ","},
    ),
    Input(
        "decimal commas between commas",
        {"bars.csv": lines(lambda all_: ["timestamp,close", *(f"{line[:10]},1,5" for line in all_[1:])])},
        refused="line 2 has 3 columns, those before have 2. Correct that line, or set",
        then={"bars.csv": csv()},
    ),
    Input(
        "thousands",
        {"bars.csv": csv(grouped(","))},
        refused="Set sources.csv.thousands to ','",
        then={"thousands": ","},
    ),
    Input(
        "thousands with points",
        {"bars.csv": csv(grouped(".", ","), sep=";")},
        {"separator": ";"},
        refused="Set sources.csv.thousands to '.' and sources.csv.decimal to ','",
        then={"thousands": ".", "decimal": ","},
    ),
    Input(
        "thousands with blanks", {"bars.csv": csv(grouped(" "))}, refused="thousands to ' '", then={"thousands": " "}
    ),
    Input(
        "thousands with narrow blanks",
        {"bars.csv": csv(grouped("\u202f"))},
        refused="thousands to ' '",
        then={"thousands": " "},
    ),
    Input("Swiss thousands", {"bars.csv": csv(grouped("'"))}, refused='thousands to "\'"', then={"thousands": "'"}),
    Input(
        "a comma that may be either",
        {"bars.csv": csv(BARS.assign(volume=BARS["volume"].map("{:,}".format)))},
        refused="Set sources.csv.thousands to ',' if that is a thousand and more, sources.csv.decimal to ','",
        then={"thousands": ","},
    ),
    Input(
        "decimal commas under a thousands' comma",
        {"bars.csv": csv(sep=";", decimal=",")},
        {"separator": ";", "thousands": ","},
        refused="open must be a number, got",
        then={"thousands": None, "decimal": ","},
    ),
    Input(
        "a point of thousands under a decimal comma",
        {
            "bars.csv": csv(
                BARS.assign(volume=[f"{v:,}".replace(",", ".") for v in BARS["volume"]]), sep=";", decimal=","
            )
        },
        {"separator": ";", "decimal": ","},
        refused="Set sources.csv.thousands to '.'",
        then={"thousands": "."},
    ),
    Input(
        "two bytes a letter",
        {"bars.csv": csv(encoding="utf-16")},
        refused="probably to utf-16.",
        then={"encoding": "utf-16"},
    ),
    Input(
        "two bytes a letter, unmarked",
        {"bars.csv": csv(encoding="utf-16-le")},
        refused="probably to utf-16-le.",
        then={"encoding": "utf-16-le"},
    ),
    Input(
        "an old encoding",
        {"bars.csv": csv(named("Ö"), encoding="cp1252")},
        refused="probably to cp1252.",
        then={"encoding": "cp1252"},
        becomes=named("Ö"),
    ),
    Input(
        "a remark at the end",
        {"bars.csv": lines(lambda all_: [*all_, "Source: a vendor"])},
        refused="1 timestamps cannot be read, the first is 'Source: a vendor' in line 62",
        then={"bars.csv": csv()},
    ),
    Input(
        "a total at the end",
        {"bars.csv": lines(lambda all_: [*all_, "Total,,,,,,99"])},
        refused="the first is 'Total' in line 62",
        then={"bars.csv": csv()},
    ),
    Input(
        "a line before the header",
        {"bars.csv": lines(lambda all_: ["Bars of AAA", *all_])},
        refused="line 2 has 7 columns, those before have 1. Correct that line, or set sources.csv.skip_rows",
        then={"skip_rows": 1},
    ),
    Input(
        "a word among prices",
        {"bars.csv": lines(lambda all_: [*all_[:9], all_[9].rsplit(",", 1)[0] + ",lots", *all_[10:]])},
        refused="volume must be a number, got 'lots' in line 10",
        then={"bars.csv": csv()},
    ),
    Input(
        "truth values",
        {"bars.csv": csv(BARS.assign(close="TRUE"))},
        refused="close must be a number, got 'True' in line 2",
        then={"bars.csv": csv()},
    ),
    Input(
        "a value that is missing",
        {"bars.csv": csv(BARS.assign(volume=BARS["volume"].where(BARS.index != 7)))},
        refused="volume must be a number, got nan in 1 bars of AAA (1), first at 2020-01-08",
        then={"bars.csv": csv()},
    ),
    Input(
        "units under the header",
        {"bars.csv": lines(lambda all_: [all_[0], ",,USD,USD,USD,USD,shares", *all_[1:]])},
        refused="line 2 belongs to the header",
        then={"bars.csv": csv()},
    ),
    Input(
        "a header of three lines",
        {"bars.csv": MANY_LEVELS.to_csv().encode()},
        refused="belongs to the header",
        then={"bars.csv": csv(LONG_AGAIN)},
    ),
    Input(
        "columns of two levels",
        {"bars.parquet": MANY_LEVELS},
        refused="has columns of 2 levels, such as ('Open', 'AAA')",
        then={"bars.parquet": LONG_AGAIN},
    ),
    Input(
        "a column for each asset",
        {"bars.csv": csv(WIDE)},
        refused="frame.melt('timestamp', var_name='asset', value_name='close')",
        then={"bars.csv": csv(WIDE.melt("timestamp", var_name="asset", value_name="close"))},
        becomes=CLOSES,
    ),
    Input(
        "other names of columns",
        {"bars.csv": csv(BARS.rename(columns={"timestamp": "Date", "close": "Last"}))},
        refused="Name it in sources.csv.columns.timestamp (probably Date)",
        then={"columns": {"timestamp": "Date", "close": "Last"}},
    ),
    Input(
        "two closes",
        {"bars.csv": csv(BARS.assign(Close=1.0))},
        refused="must have one column for 'close', has 'close', 'Close'",
        then={"columns": {"close": "close"}},
    ),
    Input(
        "a column that one file lacks",
        {"AAA.csv": csv(without("asset")), "BBB.csv": csv(without("asset", "volume", bars=OTHER))},
        refused="files of a folder must have the same columns, got 'volume' in AAA.csv and not in BBB.csv",
        then={"BBB.csv": csv(without("asset", bars=OTHER))},
        becomes=TWO,
    ),
    *(
        Input(
            f"assets in a column {name}",
            {"bars.csv": csv(TWO.rename(columns={"asset": name}))},
            refused=f"2 values in {name!r} ('AAA', 'BBB'). Set sources.csv.columns.asset={name}, or",
            then={"columns": {"asset": name}},
            becomes=TWO,
        )
        for name in ("ticker", "Symbol", "CODE", "what", "Name", "stock_code", "ts_code", "Ticker Symbol", "exchange")
    ),
    Input(
        "one asset after the other in a column of another name",
        {"bars.csv": csv(LATER.rename(columns={"asset": "Name"}))},
        refused="2 values in 'Name' ('AAA', 'BBB'). Set sources.csv.columns.asset=Name, or",
        then={"columns": {"asset": "Name"}},
        becomes=LATER,
    ),
    Input(
        "numbers of assets",
        {"bars.csv": csv(LATER.rename(columns={"asset": "instrument_id"}).replace({"AAA": 10001, "BBB": 10002}))},
        refused="2 values in 'instrument_id' (10001, 10002). Set sources.csv.columns.asset=instrument_id, or",
        then={"columns": {"asset": "instrument_id"}},
        becomes=LATER.replace({"AAA": "10001", "BBB": "10002"}),
    ),
    Input(
        "assets in a Parquet file under another name",
        {"bars.parquet": LATER.rename(columns={"asset": "stock"}).astype({"stock": "category"})},
        refused="2 values in 'stock' ('AAA', 'BBB'). Set sources.parquet.columns.asset=stock, or",
        then={"columns": {"asset": "stock"}},
        becomes=LATER,
    ),
    Input(
        "words that are no assets",
        {"AAA.csv": csv(without("asset").assign(weekday=STAMPS.dt.day_name()))},
        refused="7 values in 'weekday'",
        then={"one_asset": True},
    ),
    Input(
        "a first column without a name",
        {"bars.csv": csv(BARS.rename(columns={"timestamp": ""}))},
        refused="Name it in sources.csv.columns.timestamp (probably Unnamed: 0)",
        then={"columns": {"timestamp": "Unnamed: 0"}},
    ),
    *(
        Input(
            f"{unit} that were saved as nanoseconds",
            {"bars.parquet": BARS.assign(timestamp=pd.to_datetime(seconds(unit), unit="ns"))},
            refused=f"numbers in {unit} that were read as ns. Save them as pandas.to_datetime(",
            then={"bars.parquet": BARS.assign(timestamp=pd.to_datetime(seconds(unit), unit=unit))},
        )
        for unit in ("s", "ms", "us")
    ),
    Input(
        "an asset twice",
        {"AAA.csv": csv(without("asset")), "AAA.csv.gz": csv(without("asset", bars=OTHER))},
        refused="asset 'AAA' must come from one file at a time, got",
        then={"AAA.csv.gz": None},
    ),
    Input(
        "the time of day in a column of its own",
        {"bars.csv": csv(HOURS.assign(date=HOURS["timestamp"].str[:10], time=HOURS["timestamp"].str[11:]))},
        {"columns": {"timestamp": "date"}},
        refused="has the time of day in a column of its own, 'time'. Write both into the timestamp.",
        then={"columns": {}},
        becomes=HOURS,
    ),
    Input(
        "an asset without a name",
        {"bars.csv": csv(BARS.assign(asset=["", *BARS["asset"][1:]]))},
        refused="asset must be named, got 1 bars without",
        then={"bars.csv": csv()},
    ),
    Input(
        "milliseconds as seconds",
        {"bars.csv": stamped(seconds("ms"))},
        {"timestamp_format": "s"},
        refused="Set sources.csv.timestamp_format to ms.",
        then={"timestamp_format": "ms"},
    ),
    Input(
        "seconds as milliseconds",
        {"bars.csv": stamped(seconds("s"))},
        {"timestamp_format": "ms"},
        refused="not all in 1970, got 60 others, the first is '1577836800' in line 2",
        then={"timestamp_format": "s"},
    ),
    Input(
        "dates as seconds",
        {"bars.csv": stamped(STAMPS.dt.strftime("%Y%m%d"))},
        {"timestamp_format": "s"},
        refused="Set sources.csv.timestamp_format to %Y%m%d.",
        then={"timestamp_format": "%Y%m%d"},
    ),
    Input(
        "a Unix time",
        {"bars.csv": stamped(seconds("us"))},
        refused="is a number, give us.",
        then={"timestamp_format": "us"},
    ),
    Input(
        "day numbers of a spreadsheet",
        {"bars.csv": stamped((STAMPS - pd.Timestamp("1899-12-30")).dt.days)},
        refused="43831 is a number, give excel.",
        then={"timestamp_format": "excel"},
    ),
    Input(
        "day numbers in Parquet",
        {"bars.parquet": BARS.assign(timestamp=(STAMPS - pd.Timestamp("1899-12-30")).dt.days)},
        refused="43831 is a number, give excel.",
        then={"timestamp_format": "excel"},
    ),
    Input(
        "a placeholder",
        {"bars.csv": stamped(["1899-12-30", *BARS["timestamp"][1:]])},
        refused="timestamps must be between 1900 and tomorrow, got 1 others, the first is '1899-12-30' in line 2",
        then={"bars.csv": csv()},
    ),
    Input(
        "a year to come",
        {"bars.csv": stamped([*BARS["timestamp"][:-1], "2220-02-29"])},
        refused="the first is '2220-02-29' in line 61",
        then={"bars.csv": csv()},
    ),
    Input(
        "first days of months, by day and month",
        {"bars.csv": stamped(pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%d/%m/%Y"))},
        refused="'01/02/2015' is one day if the month is first and another if the day is",
        then={"timestamp_format": "%d/%m/%Y"},
        becomes=BARS.assign(timestamp=pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%Y-%m-%d")),
    ),
    Input(
        "the same behind a weekday",
        {"bars.csv": stamped(pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%a %d/%m/%Y"))},
        refused="'Sun 01/02/2015' is one day if the month is first and another if the day is",
        then={"timestamp_format": "%a %d/%m/%Y"},
        becomes=BARS.assign(timestamp=pd.date_range("2015-01-01", periods=60, freq="MS").strftime("%Y-%m-%d")),
    ),
    Input(
        "an hour that comes twice",
        {"bars.csv": csv(AUTUMN.assign(timestamp=local("Europe/Berlin", AUTUMN)))},
        {"timezone": "Europe/Berlin"},
        refused="2 timestamps exist twice or never in Europe/Berlin, where clocks are changed, the first is 2020-10-25 "
        "02:00",
        then={"clock_changes": "infer"},
        becomes=AUTUMN,
    ),
    Input(
        "an hour that never was",
        {"bars.csv": csv(NIGHTS.assign(timestamp=NIGHTS["timestamp"].str.replace("01:30", "02:30")))},
        {"timezone": "Europe/Berlin"},
        refused="1 timestamps exist twice or never in Europe/Berlin, where clocks are changed, the first is 2020-03-29 "
        "02:30",
        then={"clock_changes": "winter"},
        becomes=NIGHTS.assign(
            timestamp=[
                pd.Timestamp(stamp.replace("01:30", "02:30"))
                .tz_localize("Europe/Berlin", nonexistent="shift_forward")
                .tz_convert("UTC")
                for stamp in NIGHTS["timestamp"]
            ]
        ),
    ),
    Input(
        "an hour that comes twice, in one bar",
        {"bars.csv": csv(AUTUMN.assign(timestamp=local("Europe/Berlin", AUTUMN)).drop(index=120))},
        {"timezone": "Europe/Berlin", "clock_changes": "infer"},
        refused="Set sources.csv.clock_changes to summer or winter",
        then={"bars.csv": csv(AUTUMN), "timezone": "UTC"},
        becomes=AUTUMN,
    ),
    Input(
        "an hour that never was, and the next",
        {"bars.csv": csv(SPRING)},
        {"timezone": "Europe/Berlin", "clock_changes": "infer"},
        refused="the first is 2020-03-29 02:00:00 in line 220. Correct sources.csv.timezone: there are bars in an hour "
        "that clocks leave out.",
        then={"timezone": "UTC"},
        becomes=SPRING,
    ),
    Input(
        "a spreadsheet that is called a table",
        {"bars.csv": b"PK\x03\x04\x14\x00\x06\x00\xff\xfe"},
        refused="It is a spreadsheet or an archive: save it as CSV.",
        then={"bars.csv": csv()},
    ),
    Input(
        "an encoding that does not fit either",
        {"bars.csv": csv(named("Ö"), encoding="utf-16")},
        {"encoding": "utf-8"},
        refused="it is not encoded in utf-8. Set sources.csv.encoding, probably to utf-16.",
        then={"encoding": "utf-16"},
        becomes=named("Ö"),
    ),
    Input(
        "a first bar without values",
        {"bars.csv": lines(lambda all_: [all_[0], all_[1][:14] + ",,,,,", *all_[2:]])},
        refused="close must be a number, got nan in 1 bars of AAA (1), first at 2020-01-01",
        then={"bars.csv": csv()},
    ),
    Input(
        "a zone that is none",
        {"bars.csv": csv()},
        {"timezone": "Mars/Olympus"},
        refused="sources.csv.timezone must be a zone such as Europe/Berlin or America/New_York, got 'Mars/Olympus'",
        then={"timezone": "UTC"},
    ),
    Input(
        "an adjusted close beside unadjusted prices",
        {"bars.csv": csv(BARS.assign(**{"Adj Close": BARS["close"] * 0.5}))},
        {"columns": {"close": "Adj Close"}},
        refused="open and close must be between low and high, got open",
        then={"columns": {}, "adjusted": True},
        becomes=BARS.assign(**{name: BARS[name] * 0.5 for name in ("open", "high", "low", "close")}),
    ),
]


def _ids(inputs):
    return [one.name for one in inputs]


@pytest.mark.parametrize("given", REFUSED, ids=_ids(REFUSED))
def test_what_is_refused_is_read_after_the_remedy(given, tmp_path, caplog):
    with pytest.raises(DataError) as caught:
        given.read(tmp_path)
    assert given.refused in str(caught.value)
    assert len(str(caught.value)) < 2_000
    found = given.read(tmp_path, helped=True)
    pd.testing.assert_frame_equal(found, expected(given.becomes), check_dtype=False, rtol=1e-12)
    assert not caplog.records
