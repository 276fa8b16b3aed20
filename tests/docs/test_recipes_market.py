"""The recipes for features, splitters and metrics, done as the pages say: one file and one line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import optuna
import pandas as pd
import pytest
import yaml

from trading_hpo.engine.store.storage import StudyStorage

ROOT = Path(__file__).parents[2]
FILE = re.compile(r'^```python title="([\w.]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
LINE = re.compile(r'^```python\n( {8}"(\w+)": "trading_hpo\.([\w.]+)\.\w+:\w+",)\n```$', re.MULTILINE)
YAML = re.compile(r'^```yaml title="conf/local/parameters.yml"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
PLUGINS = {"feature": "my_features", "splitter": "my_splitters", "metric": "my_metrics"}
CHECKS = {
    "feature": ("tests/market/test_feature_contract.py", "efficiency_ratio_10"),
    "splitter": ("tests/splits/test_folds.py", "no_label or waits_for or at_most_once"),
    "metric": ("tests/metrics/test_compute.py", ""),
}


def page(kind: str) -> str:
    return (ROOT / "docs" / "howto" / f"add_a_{kind}.md").read_text()


def write_files(kind: str, folder: Path) -> None:
    for name, text in FILE.findall(page(kind)):
        (folder / name).write_text(text)


def python(*arguments: str, path: tuple[Path, ...], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": ":".join(map(str, path)), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", PLUGINS)
def test_inside_the_project_it_is_the_file_and_one_line(kind, tmp_path):
    shutil.copytree(ROOT / "src" / "trading_hpo", tmp_path / "trading_hpo")
    ((line, name, room),) = LINE.findall(page(kind))
    (file, text), *_ = FILE.findall(page(kind))
    folder = tmp_path / "trading_hpo" / Path(*room.split("."))
    (folder / file).write_text(text)
    registry = folder / "registry.py"
    entries, end, rest = registry.read_text().partition("\n    },\n")
    registry.write_text(f"{entries}\n{line}{end}{rest}")
    code = f"import trading_hpo.{room}.registry as r; import trading_hpo.registry as base; "
    code += "(found,) = [v for v in vars(r).values() if isinstance(v, base.Registry)]; "
    code += f"print(list(found)[-1], type(found[{name!r}]).__name__, r.__file__)"
    done = python("-c", code, path=(tmp_path,))
    assert done.stdout.split() == [name, kind.capitalize(), str(registry)], done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLUGINS)
@pytest.mark.long(part="outside")
def test_from_outside_it_passes_the_checks_that_the_page_names(kind, tmp_path):
    write_files(kind, tmp_path)
    file, which = CHECKS[kind]
    assert f"TRADING_HPO_PLUGINS={PLUGINS[kind]} .venv/bin/pytest {file}" in page(kind)
    done = python("-m", "pytest", file, "-k", which, path=(tmp_path, ROOT / "src"), TRADING_HPO_PLUGINS=PLUGINS[kind])
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.long(part="outside")
def test_all_three_are_used_in_a_run_as_the_pages_say(kedro_process, project, tmp_path):
    for kind in PLUGINS:
        write_files(kind, tmp_path)
    base = project / "conf/base/parameters.yml"
    parameters = yaml.safe_load(base.read_text())
    for kind in PLUGINS:
        for text in YAML.findall(page(kind)):
            for group, values in yaml.safe_load(text).items():
                parameters[group].update(values)
    base.write_text(yaml.safe_dump(parameters))
    (of_the_splitter,) = re.findall(r"kedro run --params (.*)", page("splitter"))
    done = kedro_process(
        "run",
        *("--env", "test", "--namespaces", "mlp"),
        *("--params", f"{of_the_splitter},hpo.n_trials=2,hpo.workers=1"),
        PYTHONPATH=f"{tmp_path}:{ROOT / 'src'}",
        TRADING_HPO_PLUGINS=",".join(PLUGINS.values()),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (features,) = (project / "data/test").glob("*/04_feature/features.parquet")
    assert list(pd.read_parquet(features))[2:] == ["return_1", "efficiency_ratio_10"]
    folds = pd.read_csv(features.parents[1] / "05_model_input/folds.csv")
    assert (
        folds.groupby("fold")["start_bar"].min().iloc[1:].diff().dropna() > 0
    ).all()  # no train goes back to the first
    storage = f"sqlite:///{features.parents[1] / '06_models/studies.db'}"
    study = optuna.load_study(study_name=optuna.get_all_study_names(storage)[0], storage=StudyStorage(storage).open())
    assert study.direction.name == "MINIMIZE"
    for trial in study.trials:
        found = trial.user_attrs["metrics"]
        assert trial.value == found["expected_shortfall"] > 0
        assert isinstance(found["excess_shortfall"], float)
