"""Packaged data sets and a user's own files come in as one long table in UTC, or are refused in words."""

import gzip
import re

import numpy as np
import pandas as pd
import pytest

from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.bars_per_year import bars_per_year
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import build_panel
from trading_hpo.market.sources.config import CsvSource, FileSource, SourcesConfig
from trading_hpo.market.sources.packaged import PACKAGED
from trading_hpo.market.sources.read import SOURCES, read_source, source_files, source_fingerprint
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of

OHLCV = ["timestamp", "asset", "open", "high", "low", "close", "volume"]
STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)


def read(kind: str, path, **settings) -> pd.DataFrame:
    return read_source(
        kind, SourcesConfig(**{kind: (CsvSource if kind == "csv" else FileSource)(path=str(path), **settings)})
    )


@pytest.fixture
def csv(tmp_path):
    """Write lines to a CSV file and read it as the source `csv`."""

    def write_and_read(*lines: str, name: str = "BTC.csv", **settings) -> pd.DataFrame:
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return read("csv", path, **settings)

    return write_and_read


def problems(call) -> list[str]:
    with pytest.raises(DataError) as caught:
        call()
    return caught.value.problems


# --- packaged data sets ---


@pytest.mark.parametrize(
    ("source", "assets", "columns", "first", "last", "n_bars"),
    [
        ("sp500_20", list(STOCKS), ["timestamp", "asset", "close"], "2005-01-03", "2022-12-28", 4529),
        ("us_tech_ohlcv", ["AAPL", "GOOG", "IBM", "MSFT"], OHLCV, "2000-03-01", "2013-03-01", 3270),
        ("sp500_index", ["SP500"], OHLCV, "1999-01-04", "2018-12-31", 5031),
        ("nasdaq_index", ["NASDAQ"], OHLCV, "1999-01-04", "2018-12-31", 5031),
    ],
)
def test_a_packaged_source_holds_its_assets_columns_and_years_in_utc(
    source, assets, columns, first, last, n_bars, caplog
):
    bars = read_source(source, SourcesConfig())
    assert sorted(bars["asset"].unique()) == assets
    assert list(bars) == columns
    assert bars["timestamp"].dtype == "datetime64[ns, UTC]"
    assert (bars["timestamp"].min(), bars["timestamp"].max()) == (
        pd.Timestamp(first, tz="UTC"),
        pd.Timestamp(last, tz="UTC"),
    )
    assert bars["timestamp"].nunique() == n_bars
    assert (bars[columns[2:]].dtypes == "float64").all()
    stamps = pd.DatetimeIndex(bars["timestamp"].unique())
    assert bars_per_year(source, SourcesConfig(), stamps) == 252.0
    assert not caplog.records


@pytest.mark.parametrize("source", PACKAGED)
def test_a_packaged_source_passes_its_own_checks(source):
    bars = clean_bars(read_source(source, SourcesConfig()), "all", SourcesConfig())
    assert len(bars) == len(read_source(source, SourcesConfig()))


def test_prices_of_us_tech_are_adjusted_for_splits_and_keep_their_order_within_the_bar():
    bars = read_source("us_tech_ohlcv", SourcesConfig())
    apple = bars[bars["asset"] == "AAPL"].set_index("timestamp")["close"]
    # Apple split 2:1 on 28 February 2005; unadjusted closes halve that day.
    split = apple["2005-02-28"].item() / apple["2005-02-25"].item()
    assert 0.95 < split < 1.05
    for name in ("open", "high", "low"):  # scaled like the close: before two splits Apple's were four times as high
        assert (bars[name] / bars["close"]).between(0.7, 1.4).all(), name
    assert (bars["high"] >= bars["low"]).all()
    assert (bars["high"] >= bars["close"] - 1e-9).all()
    assert (bars["low"] <= bars["close"] + 1e-9).all()


def test_a_file_with_an_adjusted_close_is_adjusted_as_the_packaged_source_is(caplog):
    """Apple's closes stand at their old level in that file until the split of 2005."""
    columns = {"timestamp": "Date", "asset": "Ticker"}
    path = PACKAGED["us_tech_ohlcv"].path
    both = [read("csv", path, columns=columns, adjusted=adjusted) for adjusted in (True, False)]
    adjusted, raw = (bars[bars["asset"].isin(["AAPL", "GOOG", "IBM", "MSFT"])].reset_index(drop=True) for bars in both)
    packaged = read_source("us_tech_ohlcv", SourcesConfig()).reset_index(drop=True)
    pd.testing.assert_frame_equal(adjusted, packaged, check_dtype=False)
    assert not raw["close"].equals(adjusted["close"])
    assert "Set sources.csv.adjusted=true to scale prices by it." in caplog.text
    clean_bars(raw, "all", SourcesConfig())
    assert "AAPL 2:1 at 2005-02-28" in caplog.text


def test_every_source_that_is_offered_can_be_asked_for_its_files():
    assert set(SOURCES) == {"sp500_20", "us_tech_ohlcv", "sp500_index", "nasdaq_index", "csv", "parquet"}
    for source in PACKAGED:
        assert [path.exists() for path in source_files(source, SourcesConfig())] == [True]


def test_an_unknown_source_is_refused_with_the_nearest_name():
    said = problems(lambda: read_source("sp500", SourcesConfig()))
    assert said == ["source 'sp500' is unknown. Did you mean 'sp500_20'?"]


# --- a user's own files ---


def test_a_long_csv_keeps_its_columns_in_our_order_and_forgets_others(csv):
    bars = csv("close,note,Asset,TIMESTAMP", "1.5,x,AAA,2020-01-01", "2.5,y,BBB,2020-01-01")
    assert list(bars) == ["timestamp", "asset", "close"]
    assert bars["asset"].tolist() == ["AAA", "BBB"]
    assert bars["close"].tolist() == [1.5, 2.5]
    assert bars["timestamp"].dtype == "datetime64[ns, UTC]"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_a_folder_of_csv_files_names_each_asset_after_its_file(tmp_path, suffix):
    for asset, price in (("BBB", 2), ("AAA", 1)):
        pd.DataFrame({"timestamp": ["2020-01-01"], "close": [price]}).to_csv(tmp_path / f"{asset}{suffix}", index=False)
    (tmp_path / "README.txt").write_text("not bars")
    bars = read("csv", tmp_path)
    assert bars[["asset", "close"]].to_numpy().tolist() == [["AAA", 1], ["BBB", 2]]


def test_parquet_with_columns_and_parquet_with_a_time_index_read_alike(tmp_path, make_bars):
    bars = make_bars(5)
    bars.to_parquet(tmp_path / "long.parquet")
    pd.testing.assert_frame_equal(read("parquet", tmp_path / "long.parquet"), bars, check_dtype=False)
    own = bars[bars["asset"] == "AAA"].drop(columns="asset").set_index("timestamp")
    own.rename_axis("Date").to_parquet(tmp_path / "AAA.parquet")
    expected = bars[bars["asset"] == "AAA"]
    for columns in ({}, {"timestamp": "Date"}):
        found = read("parquet", tmp_path / "AAA.parquet", columns=columns)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_a_folder_of_parquet_files_names_each_asset_after_its_file(tmp_path, make_bars):
    for asset, own in make_bars(4).groupby("asset"):
        own.drop(columns="asset").to_parquet(tmp_path / f"{asset}.parquet")
    pd.testing.assert_frame_equal(read("parquet", tmp_path), make_bars(4), check_dtype=False)


@pytest.mark.parametrize(
    ("stamp", "settings", "expected"),
    [
        ("2020-01-02", {}, "2020-01-02 00:00"),
        ("2020-01-02 09:30", {"timezone": "America/New_York"}, "2020-01-02 14:30"),
        ("2020-01-02T09:30:00+01:00", {"timezone": "America/New_York"}, "2020-01-02 08:30"),
        ("13/02/2020", {}, "2020-02-13 00:00"),
        ("02.01.2020", {"timestamp_format": "%d.%m.%Y"}, "2020-01-02 00:00"),
        ("20200102", {"timestamp_format": "%Y%m%d"}, "2020-01-02 00:00"),
        ("1577961000", {"timestamp_format": "s"}, "2020-01-02 10:30"),
        ("1577961000000", {"timestamp_format": "ms"}, "2020-01-02 10:30"),
    ],
)
def test_timestamps_become_utc(csv, stamp, settings, expected):
    bars = csv("timestamp,close", f"{stamp},1", **settings)
    assert bars["timestamp"].tolist() == [pd.Timestamp(expected, tz="UTC")]


def test_offsets_that_change_with_the_clocks_are_read(csv):
    bars = csv("timestamp,close", "2020-03-28T00:00:00+01:00,1", "2020-03-30T00:00:00+02:00,2")
    assert bars["timestamp"].tolist() == [
        pd.Timestamp("2020-03-27 23:00", tz="UTC"),
        pd.Timestamp("2020-03-29 22:00", tz="UTC"),
    ]


def test_an_hourly_crypto_export_becomes_a_panel(tmp_path):
    """A line of advertisement first, newest bar first, 12-hour stamps, two volumes, bars without trade."""
    hours = pd.date_range("2019-01-01 00:00", periods=400, freq="h")[::-1]
    rng = np.random.default_rng(0)
    price = 4000 * np.exp(np.cumsum(rng.normal(0, 0.005, 400)))
    volume = rng.uniform(1, 100, 400)
    volume[::50] = 0
    high, low = price * 1.01, price * 0.99
    high[::50] = low[::50] = price[::50]  # nothing traded, nothing moved
    lines = ["Timestamps are UTC,https://example.org", "date,symbol,open,high,low,close,volume_btc,volume"]
    lines += [
        f"{hour:%Y-%m-%d %I-%p},BTCUSD,{p},{h},{lo},{p},{v},{v * p}"
        for hour, p, h, lo, v in zip(hours, price, high, low, volume, strict=True)
    ]
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert lines[2].startswith("2019-01-17 03-PM,")

    source = CsvSource(
        path=str(path),
        skip_rows=1,
        columns={"timestamp": "date", "asset": "symbol"},
        timestamp_format="%Y-%m-%d %I-%p",
        bars_per_year=8760,
    )
    settings = SourcesConfig(csv=source)
    bars = clean_bars(read_source("csv", settings), "BTCUSD", settings)
    assert bars["timestamp"].tolist() == list(hours[::-1].tz_localize("UTC"))
    assert bars["close"].tolist() == pytest.approx(price[::-1])
    assert int((bars["volume"] == 0).sum()) == 8
    labels = LabelsConfig()
    panel = build_panel(
        build_features(bars, FeaturesConfig()),
        build_labels(bars, labels),
        label_of(labels.task),
        bars_per_year("csv", settings, pd.DatetimeIndex(bars["timestamp"])),
    )
    assert panel.features.shape == (400, 17)
    assert np.isfinite(panel.features).all()
    assert panel.observed.sum() == 400 - 252
    assert panel.bars_per_year == 8760


# --- what is refused, and how ---


def test_a_path_must_be_given_and_exist(tmp_path):
    assert problems(lambda: read_source("csv", SourcesConfig())) == [
        "sources.csv.path must name a file or folder, got null. Add it to --params."
    ]
    assert problems(lambda: read("parquet", tmp_path / "no.parquet")) == [
        f"sources.parquet.path must exist, got '{tmp_path}/no.parquet'."
    ]


@pytest.mark.parametrize(("kind", "suffix"), [("csv", ".csv or .csv.gz"), ("parquet", ".parquet")])
def test_a_folder_without_files_of_the_kind_is_refused(tmp_path, kind, suffix):
    (tmp_path / "bars.xlsx").write_text("no")
    assert problems(lambda: read(kind, tmp_path)) == [f"folder '{tmp_path}' must hold {suffix} files, found none."]


def test_an_empty_file_and_a_file_with_a_header_alone_are_refused(csv, tmp_path):
    assert problems(csv) == [f"{tmp_path}/BTC.csv must hold bars, got an empty file."]
    assert problems(lambda: csv("timestamp,close")) == [f"{tmp_path}/BTC.csv must hold bars, got an empty table."]


def test_each_missing_column_is_named_with_what_the_file_has(csv, tmp_path):
    said = problems(lambda: csv("day,price", "2020-01-01,1"))
    assert said == [
        f"{tmp_path}/BTC.csv must have a column for '{name}', has day, price. "
        f"Name it in sources.csv.columns.{name}{guess}, or raise sources.csv.skip_rows to where the header is."
        for name, guess in (("timestamp", " (probably day)"), ("close", ""))
    ]


def test_a_column_that_was_asked_for_must_be_there(csv):
    (said,) = problems(lambda: csv("timestamp,close", "2020-01-01,1", columns={"volume": "Volume USD"}))
    assert "must have a column for 'volume', has timestamp, close." in said


@pytest.mark.parametrize(
    ("stamps", "settings", "fragment"),
    [
        (["2020-01-01", "soon", "later"], {}, "2 timestamps cannot be read, the first is 'soon' in line 3."),
        (["2020-01-01", ""], {}, "1 timestamps cannot be read, the first is '' in line 3."),
        (["1 AM, 2020", "2 AM, 2020"], {}, "got null: '1 AM, 2020' has no format that pandas knows, give one such as"),
        (["01/02/2020", "13/02/2020"], {}, "1 timestamps cannot be read, the first is '13/02/2020' in line 3."),
        (["1577961000"], {}, "got null: 1577961000 is a number, give s."),
        (
            ["2020-01-01"],
            {"timestamp_format": "%d.%m.%Y"},
            "1 timestamps cannot be read, the first is '2020-01-01' in line 2.",
        ),
        (["2020-01-01"], {"timestamp_format": "%Q"}, "got '%Q': 'Q' is a bad directive in format '%Q'."),
        (["1577961000000"], {"timestamp_format": "s"}, "Set sources.csv.timestamp_format to ms."),
        (["2020-03-29 02:30"], {"timezone": "Europe/Berlin"}, "1 timestamps exist twice or never in Europe/Berlin"),
    ],
)
def test_timestamps_that_cannot_be_read_are_counted_and_the_setting_is_named(csv, stamps, settings, fragment):
    (said,) = problems(lambda: csv("timestamp,close", *(f'"{stamp}",1' for stamp in stamps), **settings))
    assert fragment in said
    assert "BTC.csv" in said
    assert "sources.csv.timestamp_format" in said or "sources.csv.timezone" in said


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("csv", "a.csv.gz", b"no gzip"),
        ("csv", "a.csv.gz", gzip.compress(b"timestamp,close\n" + b"2020-01-01,1\n" * 999, mtime=0)[:-20]),
        ("csv", "a.csv", b"timestamp,close\n2020-01-01,1\n2020-01-02,1,2,3\n"),
        ("csv", "a.csv", b"timestamp,close\n2020-01-01,\xff\xfe\n"),
        ("parquet", "a.parquet", b"no parquet"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, kind, name, content):
    (tmp_path / name).write_bytes(content)
    (said,) = problems(lambda: read(kind, tmp_path / name))
    assert said.startswith(f"{tmp_path}/{name} cannot be read as {kind}: ")
    assert "\n" not in said


def test_a_column_that_bars_do_not_have_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match=re.escape("'opn' is not a column of bars. Did you mean 'open'?")):
        FileSource(columns={"opn": "Open"})


# --- the fingerprint ---


def test_the_fingerprint_follows_the_file_and_how_it_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("timestamp,close\n2020-01-01,1\n")

    def fingerprint(**settings) -> str:
        return source_fingerprint("csv", SourcesConfig(csv=CsvSource(path=str(path), **settings)))

    before = fingerprint()
    assert fingerprint() == before
    assert fingerprint(timezone="Europe/Berlin") != before
    path.write_text("timestamp,close\n2020-01-01,2\n")
    assert fingerprint() != before


def test_packaged_sources_have_different_fingerprints():
    assert len({source_fingerprint(source, SourcesConfig()) for source in PACKAGED}) == len(PACKAGED)
