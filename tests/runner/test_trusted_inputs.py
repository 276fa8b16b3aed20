"""A run reads what earlier stages have saved as they saved it, and says what to run where it is something else."""

import json
import shutil
import threading

import pytest
from kedro.framework.hooks.manager import _NullPluginManager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline, node
from kedro.pipeline import pipeline as modular

from trading_hpo.datasets.results import ResultsDataset
from trading_hpo.errors import DamagedFileError
from trading_hpo.pipelines.namespaces import stage
from trading_hpo.runner import trusted_inputs
from trading_hpo.runner.reusing import LIVE, ReusingRunner

MADE = r"{} must be what `kedro run --pipeline first` has saved, got {}\. Run `kedro run --pipeline first` with"


def make(x):
    return {"value": x}


def take(a):
    return {"value": a["value"] + 1}


FIRST = stage("first", [node(make, "params:x", "a", name="make")])
SECOND = stage("second", [node(take, "a", "b", name="take")])
OWN = modular([node(make, "params:x", "own", name="make_own")], namespace="mine", prefix_datasets_with_namespace=False)
TAKES_OWN = Pipeline([node(take, "own", "b", name="take_own")])


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    everything = {"first": FIRST, "second": SECOND, "mine": OWN, "__default__": FIRST + SECOND + OWN}
    monkeypatch.setattr(trusted_inputs, "pipelines", everything)
    monkeypatch.setattr(trusted_inputs, "PATIENCE_S", 0.0)


@pytest.fixture
def run(tmp_path):
    def run_with(graph, x=1):
        datasets = {name: ResultsDataset(filepath=str(tmp_path / f"{name}.json")) for name in ("a", "b", "own")}
        stamps = ResultsDataset(filepath=str(tmp_path / "stamps.json"))
        catalog = DataCatalog({**datasets, "stamps": stamps, "params:x": MemoryDataset(x)})
        ReusingRunner().run(graph, catalog, _NullPluginManager())

    return run_with


def value(path):
    return json.loads(path.read_text())["value"]


def test_stages_that_run_one_at_a_time_read_what_was_saved(run, tmp_path):
    for x in (1, 2):
        run(FIRST, x)
        run(SECOND, x)
        assert value(tmp_path / "b.json") == x + 1


def test_a_file_that_was_edited_is_refused_and_nothing_is_written(run, tmp_path):
    run(FIRST)
    (tmp_path / "a.json").write_text('{"value": 9}')
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(DamagedFileError, match=MADE.format("a.json", "other content")):
        run(SECOND)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_it_is_refused_before_any_other_node_has_run(run, tmp_path):
    run(FIRST)
    (tmp_path / "a.json").write_text('{"value": 9}')
    with pytest.raises(DamagedFileError):
        run(stage("aside", [node(make, "params:x", "own", name="aside")]) + SECOND)
    assert not (tmp_path / "own.json").exists()


def test_what_the_message_names_makes_it_again(run, tmp_path):
    run(FIRST)
    (tmp_path / "a.json").write_text('{"value": 9}')
    run(FIRST)
    run(SECOND)
    assert value(tmp_path / "b.json") == 2


def test_a_run_that_makes_the_file_itself_makes_it_again(run, tmp_path):
    run(FIRST)
    (tmp_path / "a.json").write_text('{"value": 9}')
    run(FIRST + SECOND)
    assert value(tmp_path / "b.json") == 2


@pytest.mark.parametrize("lost", ["stamps.json", None])
def test_a_file_of_which_nothing_is_recorded_is_refused(run, tmp_path, lost):
    if lost:
        run(FIRST)
        (tmp_path / lost).unlink()
    else:
        (tmp_path / "a.json").write_text('{"value": 1}')  # placed by hand
    with pytest.raises(DamagedFileError, match=MADE.format("a.json", "no record of one")):
        run(SECOND)
    run(FIRST)
    run(SECOND)


def test_stamps_of_an_earlier_version_are_no_records(run, tmp_path):
    run(FIRST)
    (tmp_path / "stamps.json").write_text('{"first.make": ["stamp", "outputs"]}')
    with pytest.raises(DamagedFileError, match="no record of one"):
        run(SECOND)


def test_a_file_that_is_not_there_is_left_to_its_dataset(run, tmp_path):
    def show(a):
        return a

    run(stage("second", [node(show, "a", "b", name="take")]))
    assert json.loads((tmp_path / "b.json").read_text()) == {"skipped": "not run yet"}


def test_a_users_own_files_are_read_as_they_are(run, tmp_path):
    (tmp_path / "own.json").write_text('{"value": 1}')
    run(TAKES_OWN)
    run(OWN)
    (tmp_path / "own.json").write_text('{"value": 5}')
    run(TAKES_OWN)
    assert value(tmp_path / "b.json") == 6


def test_what_a_live_node_saved_is_recorded(run, tmp_path):
    run(stage("first", [node(make, "params:x", "a", name="make", tags=[LIVE])]))
    run(SECOND)
    (tmp_path / "a.json").write_text('{"value": 9}')
    with pytest.raises(DamagedFileError, match="other content"):
        run(SECOND)


def test_what_a_killed_node_left_is_not_trusted_and_what_it_had_not_touched_is(run, tmp_path, monkeypatch):
    run(FIRST)
    (tmp_path / "kept").mkdir()
    shutil.copy(tmp_path / "a.json", tmp_path / "kept")

    def killed(self, data):
        (tmp_path / "a.json").write_text('{"value"')
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ResultsDataset, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            run(FIRST, 2)
    with pytest.raises(DamagedFileError, match="other content"):
        run(SECOND)
    shutil.copy(tmp_path / "kept" / "a.json", tmp_path)
    run(SECOND)
    run(FIRST, 1)  # the killed run's stamp is not taken for one of this state
    assert value(tmp_path / "a.json") == 1


def test_another_run_may_be_about_to_record_what_it_saved(run, tmp_path, monkeypatch):
    run(FIRST)
    run(FIRST, 2)
    later = (tmp_path / "stamps.json").read_text()
    run(FIRST, 1)
    (tmp_path / "a.json").write_text('{\n  "value": 2\n}\n')
    monkeypatch.setattr(trusted_inputs, "PATIENCE_S", 20.0)
    timer = threading.Timer(0.2, lambda: (tmp_path / "stamps.json").write_text(later))
    timer.start()
    run(SECOND)
    timer.join()
    assert value(tmp_path / "b.json") == 3


def test_a_file_is_looked_at_again_before_its_node(run, tmp_path):
    run(FIRST)

    def spoil(x):
        (tmp_path / "a.json").write_text('{"value": 9}')
        return {"value": x}

    spoiling = stage("aside", [node(spoil, "params:x", "own", name="aside")])
    with pytest.raises(DamagedFileError, match="other content"):
        run(spoiling + stage("second", [node(lambda a, own: take(a), ["a", "own"], "b", name="take")]))
    assert not (tmp_path / "b.json").exists()


def test_every_file_is_named_at_once(run, tmp_path, monkeypatch):
    monkeypatch.setattr(trusted_inputs, "pipelines", {"all": FIRST + stage("other", [node(make, "b", "own")])})
    for name in ("a", "own"):
        (tmp_path / f"{name}.json").write_text("{}")
    with pytest.raises(DamagedFileError) as refused:
        run(Pipeline([node(lambda a, own: {}, ["a", "own"], "b", name="both")]))
    assert [line.split()[0].rpartition("/")[2] for line in str(refused.value).splitlines()] == ["a.json", "own.json"]
    assert "--pipeline other" in str(refused.value)
