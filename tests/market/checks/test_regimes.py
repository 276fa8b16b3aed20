"""A user's own column of regimes: a few labels, and more than one."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.checks.regimes import regime_problems
from trading_hpo.market.sources.config import CsvSource, FileSource, SourcesConfig
from trading_hpo.market.sources.read import read_source


def bars(labels) -> pd.DataFrame:
    stamps = pd.date_range("2020-01-01", periods=len(labels), tz="UTC")
    return pd.DataFrame({"timestamp": stamps, "asset": "AAA", "regime": pd.Series(labels, dtype="str")})


@pytest.mark.parametrize("labels", [["calm", "wild"], ["calm", None, "wild"], [str(n) for n in range(12)]])
def test_a_few_labels_pass_some_of_them_empty(labels):
    assert list(regime_problems(bars(labels))) == []
    assert list(regime_problems(bars(labels).drop(columns="regime"))) == []


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["calm"] * 4, "at least two labels, got 'calm' alone in 4 bars of AAA (4), first at 2020-01-01"),
        (["calm", None, None], "at least two labels, got 'calm' alone in 1 bars of AAA (1)"),
        ([None, None], "at least two labels, got none in 2 bars of AAA (2)"),
        ([str(n) for n in range(13)], "at most 12 labels, got 13 (0, 1, 10 and 10 more) in 13 bars of AAA (13)"),
        (["calm", "x" * 41, "wild"], "labels of at most 40 characters, got xxx"),
    ],
    ids=["one label", "one label and empty ones", "empty", "numbers", "long"],
)
def test_what_divides_nothing_is_refused_in_one_sentence_with_a_remedy(labels, said):
    (problem,) = regime_problems(bars(labels))
    assert problem.startswith(f"regime must have {said}")
    assert problem.endswith(("divide the bars then.", "columns.regime.", "Shorten them."))


def read(path, kind="csv", **columns) -> pd.DataFrame:
    settings = {"csv": CsvSource, "parquet": FileSource}[kind](path=str(path), columns=columns)
    return read_source(kind, SourcesConfig(**{kind: settings}))


LINES = "timestamp,close,state,regime\n2020-01-01,10,NA,1\n2020-01-02,11, wild ,1\n2020-01-03,12,,2\n"


def test_a_column_is_read_as_labels_where_the_settings_name_it(tmp_path):
    path = tmp_path / "BTC.csv"
    path.write_text(LINES)
    named = read(path, regime="state")["regime"]
    assert named.tolist()[:2] == ["NA", "wild"]
    assert named.isna().tolist() == [False, False, True]
    assert read(path, regime="regime")["regime"].tolist() == ["1", "1", "2"]
    assert list(read(path)) == ["timestamp", "asset", "close"]
    with pytest.raises(DataError, match=r"must have a column for 'regime'.*columns\.regime"):
        read(path, regime="stat")


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([1, 2, 2], ["1", "2", "2"]),
        ([1.0, np.nan, 2.0], ["1", None, "2"]),
        (pd.Categorical(["calm", None, "wild"]), ["calm", None, "wild"]),
        ([True, False, True], ["True", "False", "True"]),
    ],
    ids=["numbers", "numbers with holes", "categories", "truth values"],
)
def test_whatever_a_parquet_file_holds_becomes_text(values, labels, tmp_path):
    stamps = pd.date_range("2020-01-01", periods=3, tz="UTC")
    pd.DataFrame({"timestamp": stamps, "close": 1.0, "state": values}).to_parquet(tmp_path / "BTC.parquet")
    found = read(tmp_path / "BTC.parquet", "parquet", regime="state")["regime"]
    assert [None if pd.isna(one) else one for one in found] == labels


def test_cleaned_bars_keep_the_labels_of_the_chosen_assets_and_say_what_is_wrong_with_them(tmp_path):
    stamps = pd.date_range("2020-01-01", periods=30, tz="UTC")
    close = 100 + np.arange(30) % 7
    both = [
        pd.DataFrame({"timestamp": stamps, "asset": asset, "close": close, "regime": labels})
        for asset, labels in (("AAA", ["calm", "wild"] * 15), ("BBB", ["calm"] * 30))
    ]
    pd.concat(both).to_csv(tmp_path / "bars.csv", index=False)
    raw = read(tmp_path / "bars.csv", regime="regime")
    assert clean_bars(raw, "AAA", SourcesConfig())["regime"].tolist() == ["calm", "wild"] * 15
    with pytest.raises(DataError, match="at least two labels, got 'calm' alone in 30 bars of BBB"):
        clean_bars(raw, "BBB", SourcesConfig())
