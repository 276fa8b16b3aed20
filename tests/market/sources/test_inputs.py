"""Files as people have them are read as they are meant, or with a warning."""

import numpy as np
import pandas as pd
import pytest
from tests.makers.inputs import Input, csv, expected, lines
from tests.market.sources.files import (
    AUTUMN,
    BARS,
    INDEXED,
    OTHER,
    PENNIES,
    STAMPS,
    TWO,
    local,
    named,
    seconds,
    stamped,
    without,
)

AT_1970 = pd.Series(pd.date_range("1970-03-01", periods=60, freq="D"))
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
    Input(
        "remarks beside some bars",
        {"AAA.csv": csv(without("asset").assign(note=["split", "dividend", *[""] * 58], session=["day"] * 60))},
    ),
    Input(
        "a flag and an unknown number",
        {"AAA.csv": csv(without("asset").assign(dividend=[0.5, *[0] * 59], trades=[1, 2] * 30))},
    ),
    Input(
        "texts that are numbers, between semicolons",
        {"AAA.csv": csv(without("asset").assign(weight=[1.5, 2.5] * 30), sep=";", decimal=",")},
        {"separator": ";", "decimal": ","},
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
    Input(
        "a Unix time is in no zone",
        {"bars.csv": stamped(seconds("s", AUTUMN), AUTUMN)},
        {"timestamp_format": "s", "timezone": "Europe/Berlin"},
        becomes=AUTUMN,
    ),
    Input(
        "dates of 1970 as whole numbers",
        {"bars.csv": stamped(AT_1970.dt.strftime("%Y%m%d"))},
        {"timestamp_format": "%Y%m%d"},
        becomes=BARS.assign(timestamp=AT_1970),
    ),
    Input(
        "an index that stands in a column, too", {"bars.parquet": BARS.set_index(["timestamp", "asset"], drop=False)}
    ),
    Input(
        "prices below one without a zero",
        {"bars.csv": lines(lambda all_: [line.replace(",0.", ",.") for line in all_], csv(PENNIES))},
        becomes=PENNIES,
    ),
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
