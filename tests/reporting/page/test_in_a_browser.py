"""The page in a real browser: every figure is drawn, nothing is asked for, nothing is wider than the screen."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.makers.browser import CHROMIUM, needs_chromium
from tests.makers.pages import Made, made, without_holdout

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.page.page import report_page

HOSTILE = "<img src=x onerror=alert(1)>$x$"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.long(part="pages"),
    needs_chromium,
]


@pytest.fixture
def pictures(monkeypatch):
    """What makes the pictures of the docs; it is no package."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3] / "docs" / "build_site"))
    return importlib.import_module("pictures")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield own
        own.close()


class Opened:
    """A page of ours that is open, with what went wrong and what it has asked for."""

    def __init__(self, browser: Any, path: Path, width: int, scheme: str) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self._said(message.type, message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self._said("error", dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(text)

    def draw_all(self) -> None:
        """Open everything and go past every figure, as a reader does."""
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for box in self.page.locator(".plot").all():
            box.scroll_into_view_if_needed()
            box.locator("svg.main-svg").first.wait_for(timeout=30_000)

    def too_wide(self) -> int:
        root = "document.documentElement"
        return int(self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def written(tmp_path: Path, page: Made, judged: bool = True) -> Path:
    path = tmp_path / "report.html"
    path.write_text(report_page(page.facts, page.searched, page.judged if judged else None, page.figures))
    return path


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_figures_are_drawn_and_nothing_is_wider_than_the_screen(browser, tmp_path, width, scheme):
    path = written(tmp_path, made(("mlp", "lstm", "cnn_lstm"), n_trials=30, several=True))
    opened = Opened(browser, path, width, scheme)
    opened.draw_all()
    drawn = opened.page.evaluate(
        "[...document.querySelectorAll('.plot')].filter((box) => box.querySelector('svg.main-svg .trace')"
        " || box.querySelector('svg.main-svg .hm') || box.querySelector('svg.main-svg .heatmaplayer image')).length"
    )
    assert drawn == opened.page.locator(".plot").count() > 15
    assert opened.too_wide() <= 0
    assert opened.wrong == []
    assert opened.asked == [path.as_uri()]


def test_the_published_picture_of_the_first_screen_ends_after_what_to_do_now(browser, tmp_path, pictures):
    page = made(
        tuple(MODEL_TYPES), 8, assets=[f"STOCK{number}" for number in range(20)], name="base-sp500_20-direction1"
    )
    opened = Opened(browser, written(tmp_path, page), pictures.WIDTH, "light")
    card = opened.page.locator(".card", has_text="What to do now").bounding_box()
    assert card["y"] + card["height"] < pictures.HEIGHT
    assert opened.page.locator(".columns .steps li").count() == 4


def test_pictures_are_taken_of_a_page(tmp_path, pictures):
    def taken(page: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, pictures.__file__, str(page), str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    refused = taken(tmp_path / "absent.html")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"There is no report at {tmp_path / 'absent.html'}. Run `make run` first")
    assert taken(written(tmp_path, made())).stderr == ""
    heads = [(tmp_path / name).read_bytes()[:24] for name in ("report.png", "equity.png")]
    widths = [int.from_bytes(head[16:20]) for head in heads]
    assert widths[0] == pictures.WIDTH > widths[1] > pictures.WIDTH / 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_of_figures_are_seen_on_their_paper(browser, tmp_path, scheme):
    opened = Opened(browser, written(tmp_path, made()), 1400, scheme)
    opened.draw_all()
    bright = "(colour) => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3"
    paper = opened.page.evaluate(f"({bright})(getComputedStyle(document.body).backgroundColor)")
    inks = opened.page.evaluate(
        f"[...document.querySelectorAll('.xtick text, .ytick text, .legendtext, .heatmap-label text')]"
        f".map((one) => ({bright})(getComputedStyle(one).fill))"
    )
    assert len(inks) > 50
    assert min(abs(ink - paper) for ink in inks) > 100


def test_half_a_study_opens_too(browser, tmp_path):
    opened = Opened(browser, written(tmp_path, without_holdout(made(), "lstm"), judged=False), 390, "light")
    opened.draw_all()
    assert opened.too_wide() <= 0
    assert opened.wrong == []


def test_hostile_names_do_nothing(browser, tmp_path):
    path = written(tmp_path, made(assets=(HOSTILE, "B"), name=HOSTILE, parameter=HOSTILE))
    opened = Opened(browser, path, 1400, "light")
    opened.draw_all()
    assert opened.page.locator("img").count() == 0
    assert opened.wrong == []
    assert opened.asked == [path.as_uri()]
    assert HOSTILE in opened.page.locator("h1").inner_text()


def test_a_script_that_a_name_might_bring_along_is_refused_by_the_browser(browser, tmp_path):
    path = written(tmp_path, made())
    path.write_text(path.read_text().replace("</main>", "<script>window.ran = 1</script></main>"))
    opened = Opened(browser, path, 1400, "light")
    assert opened.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in opened.wrong)


def test_what_is_printed_has_all_figures(browser, tmp_path):
    opened = Opened(browser, written(tmp_path, made()), 1400, "light")
    opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.wait_for_function(
        "[...document.querySelectorAll('.plot')].every((box) => box.querySelector('svg.main-svg'))", timeout=30_000
    )
    assert opened.wrong == []
