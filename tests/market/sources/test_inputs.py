"""Files as people have them: read as they are meant, read with a warning, or refused with a remedy that helps."""

import numpy as np
import pandas as pd
import pytest
from tests.makers.inputs import Input, csv, expected, good_bars, lines

from trading_hpo.errors import DataError

BARS = good_bars()
OTHER = good_bars(asset="BBB", seed=1, level=50.0)
TWO = pd.concat([BARS, OTHER], ignore_index=True)
HOURS = good_bars(n=400, step="h")
STAMPS = pd.to_datetime(BARS["timestamp"])
INDEXED = BARS.assign(timestamp=STAMPS).set_index("timestamp")
MANY_LEVELS = INDEXED.drop(columns="asset").set_axis(
    pd.MultiIndex.from_product([["Open", "High", "Low", "Close", "Volume"], ["AAA"]], names=["Price", "Ticker"]), axis=1
)
LONG_AGAIN = MANY_LEVELS.stack("Ticker", future_stack=True).rename_axis(["timestamp", "asset"]).reset_index()
WIDE = pd.DataFrame({"timestamp": BARS["timestamp"], "AAA": BARS["close"], "BBB": OTHER["close"]})
CLOSES = TWO[["timestamp", "asset", "close"]]


def named(name: str, bars: pd.DataFrame = BARS) -> pd.DataFrame:
    return bars.assign(asset=name)


def without(*columns: str, bars: pd.DataFrame = BARS) -> pd.DataFrame:
    return bars.drop(columns=list(columns))


def stamped(values, bars: pd.DataFrame = BARS) -> bytes:
    return csv(bars.assign(timestamp=list(values)))


def seconds(unit: str, bars: pd.DataFrame = BARS) -> pd.Series:
    return pd.to_datetime(bars["timestamp"]).astype(f"datetime64[{unit}]").astype("int64")


def grouped(sign: str, decimal: str = "."):
    """Prices such as 1,234.56."""
    prices = ["open", "high", "low", "close"]
    swap = str.maketrans({",": sign, ".": decimal})
    return BARS.assign(**{name: BARS[name].map(lambda price: f"{price:,.2f}".translate(swap)) for name in prices})


def local(zone: str, bars: pd.DataFrame) -> pd.Series:
    moments = pd.to_datetime(bars["timestamp"], utc=True)
    return moments.dt.tz_convert(zone).dt.strftime("%Y-%m-%d %H:%M")


AUTUMN = HOURS.assign(timestamp=pd.date_range("2020-10-20", periods=400, freq="h").strftime("%Y-%m-%d %H:%M"))
NIGHTS = BARS.assign(
    timestamp=pd.date_range("2020-03-01 01:30", periods=60, freq="D", tz="UTC").strftime("%Y-%m-%d %H:%M"),
)

READ = [
    Input("plain", {"bars.csv": csv()}),
    Input("packed", {"bars.csv.gz": csv()}),
    Input("newest first", {"bars.csv": csv(BARS[::-1])}),
    Input("a mark of UTF-8 before the header", {"bars.csv": csv(encoding="utf-8-sig")}),
    Input("Windows line ends", {"bars.csv": csv(lineterminator="\r\n")}),
    Input("everything quoted", {"bars.csv": csv(quoting=1)}),
    Input("blank lines", {"bars.csv": lines(lambda all_: [*all_[:5], "", "  ", *all_[5:], ""])}),
    Input("blanks around names of columns", {"bars.csv": lines(lambda all_: [all_[0].replace(",", ", "), *all_[1:]])}),
    Input("names of columns in capitals", {"bars.csv": csv(BARS.rename(columns=str.upper))}),
    Input("more columns", {"bars.csv": csv(BARS.assign(note="x", open_interest=1))}),
    *(
        Input(f"an asset called {name}", {"bars.csv": csv(named(name))}, becomes=named(name))
        for name in ("NA", "NULL", "None", "nan", "TRUE", "1e5", "000001", "1.0", "-", "BRK.A", "^GSPC", "Ö")
    ),
    Input("an asset called NA in Parquet", {"bars.parquet": named("NA")}, becomes=named("NA")),
    Input("assets that are numbers in Parquet", {"bars.parquet": BARS.assign(asset=10107)}, becomes=named("10107")),
    Input("categories in Parquet", {"bars.parquet": BARS.astype({"asset": "category"})}),
    Input("a file named after its asset", {"000001.csv": csv(without("asset"))}, becomes=named("000001")),
    Input(
        "names with a dot",
        {"BRK.A.csv": csv(without("asset")), "BRK.B.csv": csv(without("asset", bars=OTHER))},
        becomes=pd.concat([named("BRK.A"), named("BRK.B", OTHER)]),
    ),
    Input("a file a year", {"2019.csv": csv(BARS[:30]), "2020.csv": csv(BARS[30:])}),
    Input(
        "capitals, and what systems hide",
        {"AAA.CSV": csv(without("asset")), "BBB.csv": csv(without("asset", bars=OTHER)), "._BBB.csv": b"\x00\x05\x16"},
        becomes=TWO,
    ),
    Input("a column with one ticker", {"AAA.csv": csv(BARS.rename(columns={"asset": "ticker"}))}),
    Input("an index of times in Parquet", {"AAA.parquet": INDEXED.drop(columns="asset")}),
    Input("an index of times and assets in Parquet", {"bars.parquet": INDEXED.set_index("asset", append=True)}),
    Input("numbers as text in Parquet", {"bars.parquet": BARS.astype({"close": "str"})}),
    Input("tabs", {"bars.csv": csv(sep="\t")}, {"separator": "\\t"}),
    Input("seconds", {"bars.csv": stamped(seconds("s"))}, {"timestamp_format": "s"}),
    Input("nanoseconds", {"bars.csv": stamped(seconds("ns"))}, {"timestamp_format": "ns"}),
    Input("a format", {"bars.csv": stamped(STAMPS.dt.strftime("%d.%m.%Y"))}, {"timestamp_format": "%d.%m.%Y"}),
    Input("days before months, decided by some", {"bars.csv": stamped(STAMPS.dt.strftime("%m/%d/%Y"))}),
    Input(
        "local times over a change of the clocks",
        {"bars.csv": csv(AUTUMN.assign(timestamp=local("Europe/Berlin", AUTUMN)))},
        {"timezone": "Europe/Berlin", "clock_changes": "infer"},
        becomes=AUTUMN,
    ),
    Input(
        "the same, newest first",
        {"bars.csv": csv(AUTUMN.assign(timestamp=local("Europe/Berlin", AUTUMN))[::-1])},
        {"timezone": "Europe/Berlin", "clock_changes": "infer"},
        becomes=AUTUMN,
    ),
    Input("no volume", {"bars.csv": csv(without("volume"))}, becomes=without("volume")),
]

WARNED = [
    Input(
        "blanks around an asset",
        {"bars.csv": csv(BARS.assign(asset=[" AAA ", *BARS["asset"][1:]]))},
        warned="blanks around the names of assets are not part of them: ' AAA ' in 1 bars.",
    ),
    Input(
        "an adjusted close that differs",
        {"bars.csv": csv(BARS.assign(**{"Adj Close": BARS["close"] * np.where(BARS.index < 20, 0.98, 1.0)}))},
        warned="has an adjusted close that differs from the close in 20 bars, first in line 2",
    ),
]

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
            refused=f"2 values in {name!r} ('AAA', 'BBB'). Set sources.csv.columns.asset={name}.",
            then={"columns": {"asset": name}},
            becomes=TWO,
        )
        for name in ("ticker", "Symbol", "CODE")
    ),
    Input(
        "assets in a column of another name",
        {"bars.csv": csv(TWO.rename(columns={"asset": "what"}))},
        refused="if they are of several assets, name the column of the assets",
        then={"columns": {"asset": "what"}},
        becomes=TWO,
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


@pytest.mark.parametrize("given", READ, ids=_ids(READ))
def test_a_file_is_read_as_it_is_meant(given, tmp_path, caplog):
    pd.testing.assert_frame_equal(given.read(tmp_path), expected(given.becomes), check_dtype=False, rtol=1e-12)
    assert not caplog.records


@pytest.mark.parametrize("given", WARNED, ids=_ids(WARNED))
def test_what_is_guessed_is_said(given, tmp_path, caplog):
    pd.testing.assert_frame_equal(given.read(tmp_path), expected(given.becomes), check_dtype=False)
    (record,) = caplog.records
    assert given.warned in record.getMessage()


@pytest.mark.parametrize("given", REFUSED, ids=_ids(REFUSED))
def test_what_is_refused_is_read_after_the_remedy(given, tmp_path, caplog):
    with pytest.raises(DataError) as caught:
        given.read(tmp_path)
    assert given.refused in str(caught.value)
    assert len(str(caught.value)) < 2_000
    found = given.read(tmp_path, helped=True)
    pd.testing.assert_frame_equal(found, expected(given.becomes), check_dtype=False, rtol=1e-12)
    assert not caplog.records
