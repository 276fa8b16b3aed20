"""What names from outside become: a file in its folder, one line, plain cells, keys; a plain name stays as it is."""

import csv
import io
import logging
import re
import shlex
import subprocess
import xml.sax.saxutils
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name, _validate_param_name
from rich.console import Console
from rich.table import Table

from trading_hpo.escaping import (
    PlainLogs,
    csv_table,
    file_name,
    mlflow_key,
    one_line,
    plotly_text,
    printable,
    rich_text,
    shell_argument,
)

anything = st.text(max_size=300)
plain = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", fullmatch=True)
HOSTILE = ["..", "../../../x", "/etc/passwd", "", ".", "a\0b", "x" * 300, "a\nb", "\x1b[31m", "[red]", "=1+1", "\ud800"]


@given(plain)
def test_a_plain_name_stays_as_it_is_everywhere(name):
    shapes = (file_name, mlflow_key, one_line, printable, plotly_text)
    assert {shape(name) for shape in shapes} == {name}
    assert rich_text(name).plain == name


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_be_a_file_in_its_folder(tmp_path, name):
    path = tmp_path / f"{file_name(name)}.db"
    path.touch()
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert path.resolve().parent == tmp_path.resolve()


@given(anything)
def test_a_file_name_is_one_part_of_a_path_short_and_no_pattern(name):
    safe = file_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}", safe)
    assert Path(safe).name == safe


@given(st.sets(anything, min_size=2, max_size=6))
@example({"a/b", "a?b", "a b"})
@example({"x" * 250, "x" * 251})
def test_two_names_never_share_a_file_or_a_key(names):
    assert len({file_name(name) for name in names}) == len(names)
    assert len({mlflow_key(name) for name in names}) == len(names)


@given(anything)
@example("..a")
@example("../a")
@example("a/")
def test_mlflow_takes_every_key(name):
    _validate_metric_name(mlflow_key(name))
    _validate_param_name(mlflow_key(name))
    assert 0 < len(mlflow_key(name)) <= 250


@given(anything)
def test_a_text_in_one_line_has_no_line_end_and_no_escape_sequence(text):
    shown = one_line(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
    assert one_line(shown) == shown
    assert all(line.isprintable() for line in printable(text).split("\n"))


@given(anything)
@example("[red]x[/red]")
@example("[/nothing]")
@example(":smile:")
def test_a_table_of_rich_shows_a_name_letter_by_letter(text):
    table = Table(box=None, pad_edge=False)
    table.add_column(rich_text(text))
    table.add_row(rich_text(text))
    written = io.StringIO()
    Console(file=written, width=4000, highlight=False).print(table)
    assert [line.rstrip() for line in written.getvalue().splitlines()] == [one_line(text).rstrip()] * 2


@given(anything)
def test_a_browser_makes_of_a_title_what_the_name_was(text):
    title = plotly_text(text)
    assert not re.search(r"[<>$]", title)
    assert xml.sax.saxutils.unescape(title, {"&#36;": "$"}) == one_line(text)


@given(anything)
@example("x; touch injected")
@example("$(touch injected)")
def test_a_shell_takes_a_name_as_one_argument(name):
    assert shlex.split(shell_argument(name)) == [one_line(name)]


def test_a_shell_runs_nothing_of_a_name(tmp_path):
    name = "'; touch injected; echo $(touch injected) `touch injected`"
    done = subprocess.run(
        f"printf %s {shell_argument(name)}", shell=True, cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout.decode() == name
    assert list(tmp_path.iterdir()) == []


def in_csv(table):
    """The cells of a table's CSV file, as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(csv_table(table).to_csv(index=False), newline="")))


@given(st.lists(anything, min_size=1, max_size=5), anything)
@example(["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1"], "=cmd|' /C calc'!A0")
def test_no_cell_of_a_csv_file_is_a_formula(texts, heading):
    for dtype in (object, "string", "category"):
        table = pd.DataFrame({heading: pd.Series(texts, dtype=dtype)})
        for row in in_csv(table):
            for cell in row:
                if cell.strip().startswith(("=", "+", "-", "@")):
                    float(cell)  # a number, whatever its sign


def test_numbers_in_a_csv_file_stay_numbers():
    table = pd.DataFrame(
        {"number": [-0.5, np.nan], "text": ["-0.5", "+3"], "count": pd.array([-1, None], dtype="Int64")}
    )
    assert in_csv(table)[1:] == [["-0.5", "-0.5", "-1"], ["", "+3", ""]]
    assert table["text"].tolist() == ["-0.5", "+3"]


def test_a_log_shows_what_it_is_given():
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%s of %s", ("[red]\x1b[31m", "https://me:a@host"), None)
    assert PlainLogs().filter(record)
    assert record.getMessage() == r"[red]\x1b[31m of https://me:***@host"
    assert record.markup is False


def logged(record):
    """What a handler with our filter writes, and what logging says of a failure."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(PlainLogs())
    handler.handle(record)
    return written.getvalue()


def test_a_wrong_call_of_a_library_is_reported_by_logging_and_ends_nothing(capsys):
    record = logging.LogRecord("x", logging.WARNING, "", 0, "%d", ("x",), None)
    assert logged(record) == ""
    assert "--- Logging error ---" in capsys.readouterr().err


def test_a_traceback_in_a_log_has_no_password():
    try:
        raise ValueError("no answer from postgresql://me:secret@host/db")
    except ValueError as error:
        given = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, given)
    of_another_handler = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, given)
    logging.Formatter().format(of_another_handler)  # which keeps the text that it has made
    for one in (record, of_another_handler):
        said = logged(one)
        assert "secret" not in said
        assert "Traceback" in said
        assert "no answer from postgresql://me:***@host/db" in said


def test_a_traceback_without_a_url_stays_an_exception():
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, (ValueError, ValueError("a"), None))
    assert PlainLogs().filter(record)
    assert record.exc_info is not None
