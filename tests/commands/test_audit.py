"""`kedro audit` in a project's folder: what is said, how it ends, and what is kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.makers.audits import business_days
from tests.makers.commands import environment_of_commands
from tests.makers.projects import ROOT

from trading_hpo.audit.audit import audit_of
from trading_hpo.errors import MissingInputError
from trading_hpo.market.panel import open_panel, panel_digest

PLUGIN = ROOT / "tests/audit/plugin"
CHECKS = ["look-ahead", "start of history", "price scale", "source", "split"]
FEW = "features.names=[return_1,volatility_5]"

pytestmark = pytest.mark.slow


@pytest.fixture
def small(project: Path) -> tuple[Path, str]:
    """A project with an asset of its own, and its parameters."""
    (project / "bars.csv").write_text(business_days(600, ("A",)).to_csv(index=False))
    return project, "source=csv,sources.csv.path=bars.csv"


def prepared(project: Path, name: str) -> Path:
    return project / "data/test/csv/05_model_input" / name


def test_a_clean_project_ends_well_and_its_audit_is_kept_by_the_digest_of_its_data(kedro, small):
    project, source = small
    done = kedro("audit", "--env", "test", "--params", f"{source},{FEW}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line[:16].strip() for line in done.stdout.splitlines() if "  clean  " in line] == CHECKS
    assert "audit  0:" in done.stderr
    assert not prepared(project, "../06_models").exists()  # nothing is searched

    kept = json.loads(prepared(project, "audits.json").read_text())
    digest = panel_digest(open_panel(prepared(project, "panel.safetensors")))
    terms = json.loads(prepared(project, "prepared.json").read_text())["terms"]
    assert audit_of(kept, digest, terms)["n_findings"] == 0
    with pytest.raises(MissingInputError, match=r"of other folds or settings\. Run `kedro audit`"):
        audit_of(kept, digest, {**terms, "folds": {}})

    (project / "bars.csv").unlink()
    done = kedro("audit", "--env", "test", "--params", f"{source},{FEW}")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "sources.csv.path must exist, got" in said
    assert said.startswith("1 problem in the data:")
    assert "Traceback" not in said
    assert list(json.loads(prepared(project, "audits.json").read_text())) == [digest]


def test_a_leaky_plug_in_is_named_with_its_cut_and_the_command_ends_with_1(small):
    """In processes of their own, as people type it."""
    project, source = small
    environment = environment_of_commands(
        PYTHONPATH=os.pathsep.join([str(PLUGIN), str(ROOT / "src")]), TRADING_HPO_PLUGINS="leaky_plugin"
    )
    leaky = "features.names=[return_1,lagging_span,average_at_look_back,price_level]"
    command = ["-m", "kedro", "audit", "--env", "test", "--params", f"{source},{leaky}"]
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    found = {line.split()[0]: line for line in done.stdout.splitlines() if line[:2] == "  " != line[1:3]}
    assert set(found) == {"lagging_span", "average_at_look_back", "price_level"}
    assert "the first 25 bars before it" in found["lagging_span"]
    assert " at 20" in found["average_at_look_back"]
    (record,) = json.loads(prepared(project, "audits.json").read_text()).values()
    assert [check["status"] for check in record["checks"]] == ["findings", "findings", "findings", "clean", "clean"]
    assert {finding["column"] for finding in record["checks"][0]["findings"]} == {"lagging_span"}


def test_a_mistake_in_the_parameters_is_refused_before_anything_is_made(kedro, project):
    done = kedro("audit", "--env", "test", "--params", "features.names=[retrn_1]")
    assert done.returncode == 1
    assert "unknown feature 'retrn_1'. Did you mean 'return_1'?" in done.stdout + done.stderr
    assert not (project / "data").exists() or not list((project / "data").iterdir())
