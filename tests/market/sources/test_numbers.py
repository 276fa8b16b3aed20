"""Text becomes the number that was meant, or none."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_hpo.market.sources.config import CsvSource
from trading_hpo.market.sources.numbers import to_numbers
from trading_hpo.market.sources.origin import Origin

SIGNS = [(".", None), (".", ","), (".", "'"), (".", " "), (",", None), (",", "."), (",", " ")]


def read(words: list[str], path: Path, decimal: str = ".", thousands: str | None = None):
    path.write_text("close\n" + "\n".join(f'"{word}"' for word in words))
    origin = Origin(path, "csv", CsvSource(decimal=decimal, thousands=thousands))
    return to_numbers(pd.Series(words, dtype="str"), "close", origin)


@pytest.mark.parametrize(("decimal", "thousands"), SIGNS)
@given(value=st.integers(-(10**12), 10**12), decimals=st.integers(0, 6))
def test_a_number_written_with_some_signs_is_read_with_them(value, decimals, decimal, thousands, tmp_path_factory):
    number = value / 10**decimals
    written = f"{number:,.{decimals}f}".replace(",", "g").replace(".", decimal).replace("g", thousands or "")
    found, problems = read([written], tmp_path_factory.getbasetemp() / "a.csv", decimal, thousands)
    assert not problems
    assert found.tolist() == [float(f"{number:.{decimals}f}")]


@pytest.mark.parametrize(
    ("written", "decimal", "thousands"),
    [
        ("1,5", ".", ","),
        ("12,34", ".", ","),
        ("1,2345", ".", ","),
        ("1.5", ",", "."),
        ("1.234", ",", None),
        ("1 5", ".", " "),
    ],
)
def test_a_sign_where_it_cannot_be_makes_no_number(written, decimal, thousands, tmp_path):
    found, (problem,) = read(["1", written, "2"], tmp_path / "a.csv", decimal, thousands)
    assert found.isna().tolist() == [False, True, False]
    assert f"close must be a number, got {written!r} in line 3 and 0 more." in problem


def test_bits_are_those_of_pythons_own_reading(tmp_path):
    words = ["0.1", "1e-5", "123456789.123456789", "7", " 8.5 ", ".5"]
    found, problems = read(words, tmp_path / "a.csv")
    assert (found.tolist(), problems) == ([float(word) for word in words], [])
