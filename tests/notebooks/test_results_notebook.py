"""The notebook is stored clean, and runs in a project with whatever results there are."""

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import optuna
import pytest
from nbclient import NotebookClient
from tests.makers.projects import FINISHED_SOURCE, FINISHED_STUDY

from trading_hpo.families.registry import MODEL_TYPES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
RESULTS = NOTEBOOKS / "01_results.ipynb"
PLOTLY = "application/vnd.plotly.v1+json"

ONE_MODEL_TYPE_TO_THE_REPORT = [
    *["run", "--env", "test", "--params"],
    "hpo.models_to_optimize=mlp,hpo.n_trials=1,labels.kind=volatility,source=us_tech_ohlcv",
]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_is_stored_without_outputs_and_starts_with_kedro(path):
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert code[0].source == "%load_ext kedro.ipython"
    assert [cell.outputs for cell in code if cell.outputs] == []
    assert {cell.execution_count for cell in code} == {None}


def outputs(project: Path, source: str | None = None) -> Iterator[Any]:
    """Execute the notebook from the project's folder of notebooks; a cell that fails raises."""
    folder = project / "notebooks"
    folder.mkdir()
    shutil.copy(RESULTS, folder)
    notebook = nbformat.read(folder / RESULTS.name, as_version=4)
    if source is not None:
        notebook.cells[1].source += f"\n%reload_kedro --params source={source}"
    environment = {**os.environ, "KEDRO_ENV": "test"}
    client = NotebookClient(notebook, kernel_name="python3", timeout=600, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    _, *cells = [cell for cell in notebook.cells if cell.cell_type == "code"]  # the first is Kedro's own log
    return (output for cell in cells for output in cell.outputs)


def figures_and_words(found: Iterator[Any]) -> tuple[list[str], str]:
    titles, words = [], ""
    for output in found:
        if output.output_type == "stream":
            words += output.text
        elif PLOTLY in output.data:
            assert output.data[PLOTLY]["data"] or output.data[PLOTLY]["layout"]["annotations"]
            titles.append(output.data[PLOTLY]["layout"]["title"]["text"])
        else:
            words += output.data["text/plain"]
    return titles, re.sub(r"\x1b\[[\d;]*m", "", words)


@pytest.mark.slow
def test_one_model_type_is_shown_and_what_is_missing_is_said(finished):
    titles, words = figures_and_words(outputs(finished, source=FINISHED_SOURCE))
    assert len(titles) == 4  # history, importance, slices, calibration
    assert all("mlp" in title for title in titles), titles
    assert "Searched: mlp\n" in words
    assert f"{FINISHED_STUDY}: 3 trials" in words
    assert "There is no report yet." in words
    assert "equity_figure is not drawn yet." in words
    assert not (finished / "notebooks" / "data").exists()


@pytest.mark.slow
@pytest.mark.long(part="notebooks")
def test_a_study_that_is_half_searched_is_shown_from_the_study_itself(finished):
    data = finished / "data/test" / FINISHED_SOURCE
    for folder in ("07_model_output", "08_reporting", "06_models/mlp"):
        shutil.rmtree(data / folder)
    storage = f"sqlite:///{data / '06_models/studies.db'}"
    optuna.load_study(study_name=FINISHED_STUDY, storage=storage).ask()  # a trial that runs
    titles, words = figures_and_words(outputs(finished, source=FINISHED_SOURCE))
    assert titles == []
    assert "Searched: mlp\n" in words
    assert f"{FINISHED_STUDY}: 4 trials" in words
    assert re.search(r"mlp +3 +-?0\.\d+ +-?0\.\d+ +0\.\d+", words), words  # N, best, median, spread
    assert re.search(r"2 +2 +-?0\.\d+ +COMPLETE", words), words  # the trials' table has their values
    assert "mlp.history_figure is not drawn yet. `kedro run` draws it." in words
    assert "The holdout has not been looked at yet." in words


@pytest.mark.slow
@pytest.mark.long(part="notebooks")
def test_a_study_without_a_complete_trial_is_shown(finished):
    data = finished / "data/test" / FINISHED_SOURCE
    for folder in ("07_model_output", "08_reporting", "06_models/mlp"):
        shutil.rmtree(data / folder)
    with sqlite3.connect(data / "06_models/studies.db") as studies:
        studies.execute("update trials set state = 'FAIL'")
    _, words = figures_and_words(outputs(finished, source=FINISHED_SOURCE))
    assert "No trial is complete yet." in words


@pytest.mark.slow
@pytest.mark.long(part="notebooks")
def test_where_nothing_was_searched_one_cell_says_what_to_run(project):
    found = list(outputs(project))
    assert [output.output_type for output in found] == ["stream"]
    assert found[0].text.startswith("Nothing has been searched yet. Run `kedro run` in a terminal")
    assert not (project / "data").exists()


@pytest.mark.slow
@pytest.mark.long(part="notebooks")
def test_a_whole_run_of_another_source_and_label_is_shown_without_the_model_types_left_out(kedro, project):
    done = kedro(*ONE_MODEL_TYPE_TO_THE_REPORT)
    assert done.returncode == 0, done.stderr
    titles, words = figures_and_words(outputs(project, source="us_tech_ohlcv"))
    assert len(titles) == 7  # convergence, comparison, equity, and four of the model type
    assert "Best configurations by mcc" in words
    assert f"Skipped: {', '.join(name for name in MODEL_TYPES if name != 'mlp')}" in words
    assert "test-us_tech_ohlcv-volatility5.mlp: 1 trials" in words
    assert "total_return" in words
    assert re.search(r"mlp, forecast: .*\bp 0?\.?\d", words)
    assert "p, forecast" in words
    assert not (project / "notebooks" / "data").exists()
