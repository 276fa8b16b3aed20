"""A user's own hook, pipeline and parameters work beside ours, and code that changes runs again what it concerns."""

import json
import shutil
from pathlib import Path

import pytest

import trading_hpo

pytestmark = pytest.mark.slow

HOOK = """
from pathlib import Path

from kedro.framework.hooks import hook_impl


class Diary:
    @hook_impl
    def after_node_run(self, node):
        with Path("diary.txt").open("a") as file:
            file.write(node.name + "\\n")


HOOKS = (*HOOKS, Diary())
"""
PIPELINE = """

def order(window_bars, broker):
    if broker["stop"]:
        raise KeyboardInterrupt
    return {"asked": broker["account"], "window": window_bars}


def of_a_user():
    from kedro.pipeline import node, pipeline

    asked = node(order, ["window_bars", "params:my_broker"], "order", name="order")
    return pipeline([asked], namespace="broker", prefix_datasets_with_namespace=False)


ours = register_pipelines


def register_pipelines():
    pipelines = ours()
    return {**pipelines, "broker": of_a_user(), "__default__": pipelines["__default__"] + of_a_user()}
"""
CATALOG = "order: {type: json.JSONDataset, filepath: data/order.json}\n"
WINDOW = "data/test/us_tech_ohlcv/05_model_input/window_bars.json"
PARAMS = "source=us_tech_ohlcv,hpo.n_trials=1,training.epochs=1,hpo.workers="


@pytest.fixture
def own_code(project) -> Path:
    """Give the project a copy of the package, which it then runs."""
    package = project / "src/trading_hpo"
    shutil.copytree(Path(trading_hpo.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return package


@pytest.fixture
def extended(own_code, project) -> Path:
    for name, text in {"settings.py": HOOK, "pipeline_registry.py": PIPELINE}.items():
        path = own_code / name
        path.write_text(path.read_text() + text)
    (project / "conf/base/catalog_own.yml").write_text(CATALOG)
    (project / "conf/base/parameters_own.yml").write_text("my_broker: {account: paper, stop: false}\n")
    return project


def diary(project: Path) -> list[str]:
    return (project / "diary.txt").read_text().split()


@pytest.mark.long(part="outside")
def test_a_users_own_pipeline_hook_and_parameters(kedro_process, extended):
    run = ["run", "--env", "test", "--params"]
    done = kedro_process(*run, "source=us_tech_ohlcv", "--nodes", "find_window")
    assert done.returncode == 0, done.stderr
    window = json.loads((extended / WINDOW).read_text())
    done = kedro_process(*run, "source=us_tech_ohlcv", "--pipeline", "broker")
    assert done.returncode == 0, done.stderr
    assert json.loads((extended / "data/order.json").read_text()) == {"asked": "paper", "window": window}
    assert diary(extended) == ["data_engineering.find_window", "broker.order"]

    done = kedro_process(*run, "source=us_tech_ohlcv,my_broker.account=real", "--namespaces", "broker")
    assert done.returncode == 0, done.stderr
    assert json.loads((extended / "data/order.json").read_text())["asked"] == "real"
    assert diary(extended) == ["data_engineering.find_window", "broker.order", "broker.order"]

    done = kedro_process(*run, "source=us_tech_ohlcv,my_broker.stop=true", "--nodes", "order")
    assert done.returncode == 130, done.stderr
    assert "Stopped." in done.stderr
    assert "Traceback" not in done.stderr

    done = kedro_process(*run, "hppo.n_trials=3", "--pipeline", "broker")
    assert done.returncode == 1
    assert "hppo is not a parameter. Did you mean 'hpo'?" in done.stderr


def times(project: Path) -> dict[str, int]:
    root = project / "data/test/us_tech_ohlcv"
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.long(part="routes")
def test_code_that_does_not_reach_a_stage_may_change(kedro_process, own_code, project):
    def run(workers: int = 1) -> dict[str, int]:
        done = kedro_process("run", "--env", "test", "--namespaces", "mlp", "--params", f"{PARAMS}{workers}")
        assert done.returncode == 0, done.stderr
        return times(project)

    network, looked = "06_models/mlp/network.safetensors", "08_reporting/holdout_mlp.json"
    figure = "08_reporting/figures/mlp_history.json"
    first = run()

    edit(own_code / "reporting/figures/holdout.py", '"""', '"""Said in other words. ')
    edit(own_code / "training/loop.py", '"""', '# A remark.\n"""Said in other words. ')
    second = run(workers=2)
    live = {"07_model_output/search_summary_mlp.json", "06_models/study_mlp.json", "code.json"}  # read anew
    rewritten = {name for name in first if first[name] != second[name] and "studies.db" not in name}
    assert rewritten <= live

    edit(own_code / "reporting/figures/search.py", '"""', 'WIDTH = 1\n"""')
    third = run()
    assert third[figure] != second[figure]
    assert third[network] == second[network]
    assert third[looked] == second[looked]

    edit(own_code / "training/loop.py", "# A remark.\n", "CHANGED = 1\n")
    fourth = run()
    assert fourth[network] != third[network]
    assert fourth["04_feature/features.parquet"] == third["04_feature/features.parquet"]
