"""Nodes run when, and only when, what they depend on has changed."""

import ast
import contextlib
import json
import sys
from functools import partial, update_wrapper
from pathlib import Path

import pytest
from kedro.framework.hooks.manager import _NullPluginManager
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node

from trading_hpo.datasets import results
from trading_hpo.datasets.results import ResultsDataset
from trading_hpo.runner import code_digest
from trading_hpo.runner import reusing as runner
from trading_hpo.runner.reusing import ALL_OR_NOTHING, LIVE, ReusingRunner


def files(folder, **parameters):
    names = ("a", "b", "c", "stamps")
    datasets = {name: ResultsDataset(filepath=str(folder / f"{name}.json")) for name in names}
    return DataCatalog({**datasets, **{f"params:{k}": MemoryDataset(v) for k, v in parameters.items()}})


def run(folder, calls, tags=(), fail=False, live=(), **parameters):
    def first(x):
        calls.append("first")
        return {"value": x % 10}

    def second(a, y):
        calls.append("second")
        if fail:
            raise ValueError
        return {"value": a["value"] + y}

    def third(b):
        calls.append("third")
        return b

    graph = Pipeline(
        [
            node(first, "params:x", "a", name="first", tags=[LIVE] if "first" in live else []),
            node(second, ["a", "params:y"], "b", name="second"),
            node(third, "b", "c", name="third"),
        ],
        tags=list(tags),
    )
    ReusingRunner().run(graph, files(folder, **parameters), _NullPluginManager())


def test_a_second_run_runs_nothing(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    run(tmp_path, calls, x=1, y=1)
    assert calls == ["first", "second", "third"]


def test_a_changed_parameter_runs_what_hangs_on_it(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    calls.clear()
    run(tmp_path, calls, x=1, y=2)
    assert calls == ["second", "third"]


def test_an_input_made_again_with_the_same_content_changes_nothing(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    calls.clear()
    run(tmp_path, calls, x=11, y=1)  # 11 % 10 == 1
    assert calls == ["first"]


def test_a_missing_output_is_made_again(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    (tmp_path / "b.json").unlink()
    calls.clear()
    run(tmp_path, calls, x=1, y=1)
    assert calls == ["second"]


def test_a_live_node_always_runs_and_drags_nothing_along(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1, live=["first"])
    run(tmp_path, calls, x=1, y=1, live=["first"])
    assert calls == ["first", "second", "third", "first"]


def test_a_failure_among_all_or_nothing_nodes_takes_back_what_the_run_wrote(tmp_path):
    calls: list[str] = []
    with contextlib.suppress(ValueError):
        run(tmp_path, calls, tags=[ALL_OR_NOTHING], fail=True, x=1, y=1)
    assert calls == ["first", "second"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_among_all_or_nothing_nodes_puts_back_what_was_there(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, tags=[ALL_OR_NOTHING], x=1, y=1)
    before = {file.name: json.loads(file.read_text()) for file in tmp_path.iterdir()}
    assert sorted(before) == ["a.json", "b.json", "c.json", "code.json", "stamps.json"]
    with contextlib.suppress(ValueError):
        run(tmp_path, calls, tags=[ALL_OR_NOTHING], fail=True, x=2, y=1)
    assert calls[3:] == ["first", "second"]
    assert {file.name: json.loads(file.read_text()) for file in tmp_path.iterdir()} == before
    run(tmp_path, calls, tags=[ALL_OR_NOTHING], x=1, y=1)
    assert len(calls) == 5  # what was put back is up to date


def test_copies_that_a_killed_run_left_go_with_the_next(tmp_path):
    (tmp_path / "b.json.before.1").write_text("of a killed run")
    (tmp_path / "b.json").write_text('{"value": 0}')
    run(tmp_path, [], tags=[ALL_OR_NOTHING], x=1, y=1)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "a.json",
        "b.json",
        "c.json",
        "code.json",
        "stamps.json",
    ]


def test_a_failure_elsewhere_keeps_what_was_written(tmp_path):
    calls: list[str] = []
    with contextlib.suppress(ValueError):
        run(tmp_path, calls, fail=True, x=1, y=1)
    assert (tmp_path / "a.json").exists()


def test_what_a_killed_run_left_is_not_taken_for_an_older_result(tmp_path):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    # Killed after the output was saved and before it was stamped; then back to the older parameters.
    (tmp_path / "b.json").write_text('{"value": 6}')
    calls.clear()
    run(tmp_path, calls, x=1, y=1)
    assert calls == ["second"]
    assert ResultsDataset(filepath=str(tmp_path / "b.json")).load() == {"value": 2}


class Table(AbstractDataset):
    """What has no file: a table of a server."""

    def __init__(self, rows, killed):
        self.rows, self.killed = rows, killed

    def load(self):
        return self.rows[-1]

    def save(self, data):
        self.rows.append(data)
        if self.killed:
            raise KeyboardInterrupt

    def _describe(self):
        return {}


def test_what_a_killed_run_left_elsewhere_than_in_a_file_is_not_taken_for_an_older_result(tmp_path):
    rows: list[dict[str, int]] = []
    for x, killed in ((1, False), (2, True), (1, False)):
        catalog = files(tmp_path, x=x)
        catalog["table"] = Table(rows, killed)
        with contextlib.suppress(KeyboardInterrupt):
            ReusingRunner().run(
                Pipeline([node(wrapped, "params:x", "table", name="first")]), catalog, _NullPluginManager()
            )
    assert rows == [{"value": 1}, {"value": 2}, {"value": 1}]


def test_damaged_stamps_only_mean_that_everything_is_made_again(tmp_path):
    calls: list[str] = []
    for damage in ("{garb", "[1]"):
        (tmp_path / "stamps.json").write_text(damage)
        calls.clear()
        run(tmp_path, calls, x=1, y=1)
        assert calls == ["first", "second", "third"]


# What a node's code is


def test_another_process_reads_no_code_again_that_has_not_changed(tmp_path, monkeypatch):
    run(tmp_path, [], x=1, y=1)
    monkeypatch.setattr(ast, "parse", None)
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    assert calls == []


@pytest.mark.parametrize("other", ["python", "reader"])
def test_what_was_read_by_another_version_is_read_again(tmp_path, monkeypatch, other):
    run(tmp_path, [], x=1, y=1)
    kept = tmp_path / "code.json"
    before = json.loads(kept.read_text())
    if other == "python":
        monkeypatch.setattr(sys, "version_info", (3, 99))
    else:
        monkeypatch.setattr(code_digest, "_HERE", tmp_path / "reader.py")
        (tmp_path / "reader.py").write_text("another")
    reader = code_digest.CodeReader(kept)
    name = "trading_hpo.datasets.results"
    assert reader.module(Path(results.__file__), name).source != before[name]["source"]


@pytest.mark.parametrize("damage", ["{garb", "[1]", '{"a": 1}', '{"a": {"source": 1}}'])
def test_damaged_notes_of_what_was_read_only_mean_that_it_is_read_again(tmp_path, damage):
    run(tmp_path, [], x=1, y=1)
    (tmp_path / "code.json").write_text(damage)
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    assert calls == []
    assert "trading_hpo.datasets.results" in json.loads((tmp_path / "code.json").read_text())


@pytest.fixture
def code(monkeypatch):
    """Say which modules were asked for; answer with a digest that a test may change."""
    asked: list[set[str]] = []
    answer = ["code"]

    def digest(modules, reader):
        asked.append(set(modules))
        return answer[0]

    monkeypatch.setattr(runner, "code_digest", digest)
    return asked, answer


def test_changed_code_runs_what_reaches_it_again(tmp_path, code):
    calls: list[str] = []
    run(tmp_path, calls, x=1, y=1)
    code[1][0] = "other code"
    calls.clear()
    run(tmp_path, calls, x=1, y=1)
    assert calls == ["first", "second", "third"]


def test_the_code_of_datasets_counts_beside_that_of_the_function(tmp_path, code):
    run(tmp_path, [], x=1, y=1)
    assert code[0] == [{run.__module__, "trading_hpo.datasets.results"}] * 3


def wrapped(value, extra=0):
    return {"value": value + extra}


def test_a_function_with_bound_arguments_counts_by_its_own_module(tmp_path, code):
    graph = Pipeline([node(update_wrapper(partial(wrapped, extra=1), wrapped), "params:x", "a", name="first")])
    ReusingRunner().run(graph, files(tmp_path, x=1), _NullPluginManager())
    assert run.__module__ in code[0][0]


def test_a_function_without_a_file_runs_every_time(tmp_path):
    exec("def typed(x):\n    return {'value': x}", scope := {"__name__": "typed_into_a_notebook"})
    written = []
    for _ in range(2):
        ReusingRunner().run(
            Pipeline([node(scope["typed"], "params:x", "a", name="first")]), files(tmp_path, x=1), _NullPluginManager()
        )
        written.append((tmp_path / "a.json").stat().st_mtime_ns)
    assert written[0] < written[1]
