import json
import math
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from benchmarks.__main__ import main
from benchmarks.measure import ROWS, Row, fresh, machine, save, show
from rich.console import Console
from tests.makers.processes import wait_until

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("values", "at_least", "holds"),
    [
        ((0.9, 1.1, 1.2), False, True),
        ((0.9, 1.11, 1.2), False, False),
        ((1.0, 1.1, 1.2), True, True),
        ((1.0, 1.09, 1.2), True, False),
    ],
)
def test_the_median_is_judged_against_a_limit_from_above_or_below(values, at_least, holds):
    assert Row("a.b", "a / b", values, "x", 1.1, at_least).holds is holds


def test_a_finding_has_no_limit_and_holds(capsys, tmp_path):
    row = Row("a.b", "a - b", (0.0123, -0.0049, math.inf), "mcc", None, digits=3)
    assert row.holds
    show([row], Console(width=80))
    assert "-0.005 0.012 inf - - -" in " ".join(capsys.readouterr().out.split())
    save([row], {}, tmp_path / "b.json")
    saved = json.loads((tmp_path / "b.json").read_text(), parse_constant=pytest.fail)["rows"][0]
    assert (saved["values"], saved["max"], saved["limit"]) == ([0.0123, -0.0049, None], None, None)


def test_the_table_shows_spread_limit_and_what_is_compared(capsys):
    show([Row("loop.mlp", "ours / theirs", (3.0, 1.0, 2.5), "x", 1.25)], Console(width=80))
    shown = capsys.readouterr().out
    assert "1.00 2.50 3.00 <= 1.25 x NO" in " ".join(shown.split())
    assert "ours / theirs" in shown


def test_rows_are_saved_with_spread_and_machine(tmp_path):
    save([Row("a.b", "a / b", (3.0, 1.0, 2.0), "x", 2.5)], machine(), tmp_path / "new/benchmarks.json")
    saved = json.loads((tmp_path / "new/benchmarks.json").read_text())
    row = saved["rows"][0]
    assert (row["min"], row["median"], row["max"], row["limit"], row["holds"]) == (1.0, 2.0, 3.0, 2.5, True)
    assert saved["machine"].keys() >= {"cpu", "cores", "memory_gb", "python", "torch", "load_average"}


def test_the_machine_is_described_without_its_name_or_a_path():
    import platform

    text = json.dumps(machine())
    assert platform.node() not in text
    assert "/home" not in text
    assert "/root" not in text


def test_every_row_has_a_module_that_measures_it():
    assert all(callable(import_module(f"benchmarks.{name}").rows) for name in ROWS)


def test_the_page_of_commands_describes_every_row_and_no_other():
    page = (ROOT / "docs/reference/commands.md").read_text()
    table = page.partition("| row | measures |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(ROWS)


def test_an_unknown_row_is_refused_with_the_known_ones(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "lop"])
    with pytest.raises(SystemExit) as refused:
        main()
    assert refused.value.code == 2
    assert "unknown row 'lop', choose from loop" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "code"), [(1.0, 0), (2.0, 1)])
def test_a_missed_limit_ends_with_code_1_and_the_numbers_are_there(monkeypatch, tmp_path, capsys, value, code):
    from contextlib import nullcontext

    import benchmarks.__main__ as command
    import benchmarks.loop

    monkeypatch.setattr(command, "prepared_project", lambda: nullcontext(tmp_path))
    monkeypatch.setattr(benchmarks.loop, "rows", lambda _: iter([Row("loop.mlp", "a / b", [value], "x", 1.5)]))
    monkeypatch.setattr(sys, "argv", ["benchmarks", "loop", "--json", str(tmp_path / "b.json")])
    assert main() == code
    assert f"{value:.2f}" in capsys.readouterr().out
    assert json.loads((tmp_path / "b.json").read_text())["rows"][0]["values"] == [value]


def test_a_fresh_process_has_one_thread_and_none_of_the_user_s_servers(monkeypatch):
    monkeypatch.setenv("TRADING_HPO_STORAGE", "postgresql://somewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    before = dict(os.environ)
    inside = fresh(os.getenv, "TRADING_HPO_STORAGE"), fresh(os.getenv, "OMP_NUM_THREADS")
    assert inside == (None, "1")
    assert fresh(os.getenv, "OMP_NUM_THREADS", one_thread=False) is None  # as many as torch takes by itself
    assert dict(os.environ) == before


def test_a_failure_in_a_fresh_process_is_one_here(capfd):
    with pytest.raises(RuntimeError, match="loads ended with code 1"):
        fresh(json.loads, "no json")
    assert "JSONDecodeError" in capfd.readouterr().err


def test_a_fresh_process_ends_with_its_parent(tmp_path):
    code = "import time; from benchmarks.measure import fresh\nif __name__ == '__main__': fresh(time.sleep, 60)"
    (tmp_path / "asks.py").write_text(code)
    asks = subprocess.Popen([sys.executable, tmp_path / "asks.py"], env={**os.environ, "PYTHONPATH": str(ROOT)})
    children = Path(f"/proc/{asks.pid}/task/{asks.pid}/children")
    wait_until(lambda: len(children.read_text().split()) == 2)  # the resource tracker is one
    fresh_pids = children.read_text().split()
    asks.kill()
    asks.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in fresh_pids))
