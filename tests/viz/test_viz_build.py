"""`kedro viz build` makes pages that need nobody's server: every layer, every preview, and a figure that is drawn."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.makers.browser import CHROMIUM, needs_chromium
from tests.makers.projects import FINISHED_SOURCE, copy_data, new_project

from trading_hpo.families.registry import MODEL_TYPES

pytestmark = [pytest.mark.slow, pytest.mark.long(part="pages")]

STAGES = ["data_engineering", "hpo", "analysis", "retraining", "evaluation"]
LAYERS = ["raw", "intermediate", "feature", "model_input", "search", "models", "reporting"]
# The font is a link in Kedro-Viz's own page, which no setting removes; without it the system's font is taken.
# The metadata are asked for by Kedro-Viz 12.5 and left out by its own build; it notes that and goes on.
FONT = "https://fonts.googleapis.com/css2?family=Inter:wght@400;600&display=swap"
METADATA = "/api/metadata"


def build(project: Path) -> str:
    """Build the pages into `<project>/build`; there is no --env. Its exit code is 0 even when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "viz", "build", "--include-previews"],
        cwd=project,
        env={**os.environ, "KEDRO_ENV": "test"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Success" in said
    assert "ERROR" not in said
    assert "Traceback" not in said
    return said


def nodes(project: Path) -> dict[str, dict[str, Any]]:
    """Data sets by name, with what the pages know of each."""
    api = project / "build" / "api"
    found = json.loads((api / "main").read_text())["nodes"]
    return {
        node["name"]: {**node, **json.loads((api / "nodes" / node["id"]).read_text())}
        for node in found
        if node["type"] == "data"
    }


@pytest.fixture(scope="module")
def built(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which one model type went through all stages, with its pages."""
    project = new_project(tmp_path_factory.mktemp("projects") / "project")
    copy_data(finished_project, project)
    # There is no --params: the source that was searched is that of the environment.
    globals_of_tests = project / "conf/test/globals.yml"
    globals_of_tests.write_text(f"{globals_of_tests.read_text()}source: {FINISHED_SOURCE}\n")
    assert "'mlp." not in build(project)  # Kedro-Viz warns by name of what it cannot preview
    return project


def test_a_project_without_results_is_built_and_gets_none(project):
    build(project)
    assert "mlp.network" in nodes(project)
    assert not (project / "data").exists()


def test_every_dataset_lies_in_a_layer_and_the_layers_have_an_order(built):
    assert json.loads((built / "build" / "api" / "main").read_text())["layers"] == LAYERS
    assert [name for name, node in nodes(built).items() if node["layer"] not in LAYERS] == []


def test_everything_that_one_model_type_left_has_a_preview(built):
    found = nodes(built)
    shared = {"raw_bars", "bars", "features", "labels", "panel", "folds", "window_bars", "study_storage"}
    left = [name for name in found if name.startswith("mlp.") or name in shared]
    assert [name for name in left if not found[name]["preview"]] == []
    kinds = {name: found[name]["preview_type"] for name in left}
    assert {kinds[name] for name in left if name.endswith("_figure")} == {"PlotlyPreview"}
    assert kinds["mlp.trials"] == kinds["raw_bars"] == kinds["folds"] == "TablePreview"
    assert kinds["mlp.network"] == kinds["panel"] == kinds["mlp.study"] == "JSONPreview"


def test_what_was_not_run_says_so(built):
    assert json.loads(nodes(built)["lstm.network"]["preview"]) == {"skipped": "not trained yet"}


def test_stages_are_the_boxes_and_model_types_the_boxes_in_them(built):
    groups = json.loads((built / "build" / "api" / "main").read_text())["modular_pipelines"]
    boxes = {
        name: {child["id"] for child in groups[name]["children"] if child["type"] == "modularPipeline"}
        for name in groups
    }
    assert boxes.pop("__root__") == set(STAGES)
    assert [child for child in groups["__root__"]["children"] if child["type"] == "task"] == []
    for stage in STAGES[1:]:
        assert boxes[stage] == {f"{stage}.{model_type}" for model_type in MODEL_TYPES}


@pytest.fixture
def served(built) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=built / "build")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


class Watcher:
    """Aborts what goes to another host, and writes down that and every error of the page."""

    def __init__(self, page: Any, served: str) -> None:
        self._served = served
        self.elsewhere: list[str] = []
        self.errors: list[str] = []
        page.route("**/*", self._route)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("response", lambda answer: self._failed(answer.url, answer.status >= 400))
        page.on("requestfailed", lambda request: self._failed(request.url, True))

    def _route(self, route: Any) -> None:
        url = route.request.url
        if url.startswith((self._served, "data:", "blob:")):
            route.continue_()
        else:
            self.elsewhere.append(url)
            route.abort()

    def _console(self, message: Any) -> None:
        if message.type == "error" and not message.text.startswith("metadata fetch error"):
            self._failed(message.location["url"], True, message.text)

    def _failed(self, url: str, failed: bool, text: str = "") -> None:
        if failed and url not in (FONT, self._served.rstrip("/") + METADATA):
            self.errors.append(f"{url} {text}")


@needs_chromium
@pytest.mark.parametrize("width", [1600, 1000])
def test_a_browser_shows_the_pipeline_and_draws_a_figure_and_asks_nobody_else(served, width):
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*arguments, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        page = browser.new_page(viewport={"width": width, "height": 1000})
        page.set_default_timeout(60_000)
        watcher = Watcher(page, served)
        page.goto(served)
        page.locator(".feature-hints__close").click()  # an introduction, at the first visit
        for name in STAGES:
            page.locator(".pipeline-node__text").get_by_text(name, exact=True).wait_for()
        # What is made and used within data engineering is folded, and so are its layers.
        folded = {"intermediate", "feature"}
        assert page.locator(".pipeline-layer-name").all_inner_texts() == [n for n in LAYERS if n not in folded]
        page.get_by_text("mlp.history_figure", exact=True).first.click()
        page.locator(".pipeline-metadata svg.main-svg").first.wait_for()
        assert page.locator(".pipeline-metadata svg.main-svg .trace").count() > 0
        page.goto(f"{served}?types=task")  # without the datasets between the stages
        page.locator(".pipeline-node--modularPipeline").nth(len(STAGES) - 1).wait_for()
        shown = page.locator(".pipeline-node").evaluate_all("boxes => boxes.map(box => box.dataset.nodeFullname)")
        assert sorted(shown) == sorted(STAGES)
        browser.close()
    assert set(watcher.elsewhere) == {FONT}
    assert watcher.errors == []
