"""The recipes work as the pages give them: their code and commands are taken from the pages."""

import json
import os
import re
from pathlib import Path

import pytest

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
RECIPE = (HOWTO / "add_a_model_type.md").read_text()
FILES = dict(re.findall(r'```python title="([^"]+)"\n(.*?)```', RECIPE, re.DOTALL))
(PLUGIN,) = re.findall(r"TRADING_HPO_PLUGINS=(\w+)", RECIPE)
(COMMAND,) = re.findall(r"^kedro (run --env test .*)$", RECIPE, re.MULTILINE)
TINY = "source=us_tech_ohlcv,hpo.n_trials=1,hpo.workers=1,training.epochs=1"


@pytest.fixture
def run_with_plugin(kedro_process, tmp_path):
    """Write the page's package, unless it is there, and run a command with it."""
    for name, code in FILES.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)
    places = os.pathsep.join(filter(None, [str(tmp_path / "packages"), os.environ.get("PYTHONPATH")]))

    def run(*arguments, plugins=PLUGIN):
        return kedro_process(*arguments, PYTHONPATH=places, **({"TRADING_HPO_PLUGINS": plugins} if plugins else {}))

    return run


@pytest.mark.slow
@pytest.mark.long(part="outside")
def test_a_model_type_of_a_package_goes_through_all_stages_and_its_files_are_a_condition(
    run_with_plugin, project, tmp_path
):
    command = f"{COMMAND},{TINY}".split()
    done = run_with_plugin(*command)
    assert done.returncode == 0, done.stderr
    root = project / "data/test/us_tech_ohlcv"
    report = json.loads((root / "08_reporting/report.json").read_text())
    assert [line["model_type"] for line in report["models"]] == [PLUGIN]
    results = json.loads((root / f"07_model_output/hpo_results_{PLUGIN}.json").read_text())
    assert {"channels", "kernel_size", "learning_rate"} <= set(results["best"]["params"])
    assert (root / f"06_models/{PLUGIN}/network.safetensors").exists()
    assert "metrics" in json.loads((root / f"08_reporting/holdout_{PLUGIN}.json").read_text())
    figure = json.loads((root / f"08_reporting/figures/{PLUGIN}_history.json").read_text())
    assert figure["data"]
    assert "tracking is off" not in done.stderr
    assert list(project.rglob(f"code/{PLUGIN}/network.py")), "the MLflow model lacks the package's code"

    network = tmp_path / "packages" / PLUGIN / "network.py"
    network.write_text(network.read_text().replace("nn.ReLU()", "nn.Tanh()"))
    changed = run_with_plugin(*command)
    assert changed.returncode != 0
    assert re.search(rf"plugins\.{PLUGIN}: [0-9a-f]{{16}} -> [0-9a-f]{{16}}", changed.stderr), changed.stderr
    assert "Traceback" not in changed.stderr

    without = run_with_plugin(*command, plugins=None)
    assert f"unknown model type '{PLUGIN}'" in without.stderr
