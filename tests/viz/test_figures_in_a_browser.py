"""All figures in Chromium on a wide and on a narrow page, light and dark: nothing that is written is cut or covered."""

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import plotly
import pytest
from tests.makers.browser import CHROMIUM, needs_chromium
from tests.makers.figures import EMPTY, FULL

from trading_hpo.reporting.figures.style import PAGE_CSS, luminance

pytestmark = [pytest.mark.slow, pytest.mark.long(part="pages")]

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
PAGE = f"""<!doctype html>
<style>
body {{ margin: 0; background: #fff }} @media (prefers-color-scheme: dark) {{ body {{ background: #111 }} }}
{PAGE_CSS}
</style>
<div id="figure"></div>"""
DRAW = """async (figure) => {
    const place = document.getElementById('figure');
    Plotly.purge(place);
    await Plotly.newPlot(place, figure.data, figure.layout, {responsive: true});
}"""
# Whatever is written, with the box that it has on the page and the colour that it is drawn in. Classes are of Plotly:
# the second horizontal axis has a group "x2tick" for each of its ticks, and the title "x2title".
TEXTS = """() => {
    const kinds = [['xtick', /^x\\d*tick$/], ['ytick', /^y\\d*tick$/], ['axis', /^[xy]\\d*title$/],
                   ['title', /^gtitle$/], ['legend', /^legendtext$/], ['note', /^annotation-text$/],
                   ['cell', /^heatmap-label$/], ['scale', /^[xy]?cb[\\w-]*tick$/]];
    return [...document.querySelectorAll('#figure svg text')].map(text => {
        const classes = [text, text.parentElement].flatMap(one => [...one.classList]);
        const [kind] = kinds.find(([, name]) => classes.some(one => name.test(one))) ?? ['other'];
        const box = text.getBoundingClientRect();
        return {kind, text: text.textContent, fill: getComputedStyle(text).fill, width: box.width,
                left: box.left, right: box.right, top: box.top, bottom: box.bottom};
    }).filter(text => text.width);
}"""
FRAME = """() => {
    const box = document.querySelector('#figure .main-svg').getBoundingClientRect();
    return {left: box.left, right: box.right, top: box.top, bottom: box.bottom,
            page: document.documentElement.scrollWidth};
}"""
SLACK_PX = 1.5  # of a box around letters, which is larger than what is drawn of them


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture(scope="module", params=[1400, 390])
def page(browser: Any, request: pytest.FixtureRequest) -> Any:
    """An empty page of that width that can draw."""
    opened = browser.new_page(viewport={"width": request.param, "height": 900})
    opened.set_content(PAGE)
    opened.add_script_tag(path=str(PLOTLY))
    return opened


def drawn(page: Any, figure: dict[str, Any], scheme: str = "light") -> list[dict[str, Any]]:
    """Draw a figure and return all that is written in it."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(DRAW, figure)
    return page.evaluate(TEXTS)


def faults(page: Any, texts: list[dict[str, Any]]) -> list[str]:
    """What is cut by the figure's edge, and what lies over something else that is written."""
    frame = page.evaluate(FRAME)
    cut = [
        f"{text['kind']} {text['text']!r} is cut"
        for text in texts
        if text["left"] < frame["left"] - SLACK_PX
        or text["right"] > frame["right"] + SLACK_PX
        or text["top"] < frame["top"] - SLACK_PX
        or text["bottom"] > frame["bottom"] + SLACK_PX
    ]
    covered = [
        f"{one['kind']} {one['text']!r} lies over {other['kind']} {other['text']!r}"
        for one, other in combinations(texts, 2)
        if min(one["right"], other["right"]) - max(one["left"], other["left"]) > SLACK_PX
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > SLACK_PX
    ]
    wider = [] if frame["page"] <= page.viewport_size["width"] else [f"the page is {frame['page']} pixels wide"]
    return cut + covered + wider


def contrast(fill: str, paper: str) -> float:
    """Of a colour as the browser says it: ``rgb(34, 34, 34)``."""
    red, green, blue = (int(part) for part in fill[4:-1].split(","))
    darker, lighter = sorted(map(luminance, (f"#{red:02X}{green:02X}{blue:02X}", paper)))
    return (lighter + 0.05) / (darker + 0.05)


CASES = {**FULL, **{f"empty {name}": draw for name, draw in EMPTY.items()}}


@needs_chromium
@pytest.mark.parametrize("draw", CASES.values(), ids=CASES.keys())
def test_nothing_is_cut_or_covered_and_all_can_be_read_in_the_light_and_in_the_dark(page, draw):
    figure = json.loads(draw().to_json())
    for scheme, paper in (("light", "#FFFFFF"), ("dark", "#111111")):
        texts = drawn(page, figure, scheme)
        assert faults(page, texts) == []
        assert {text["text"]: text["fill"] for text in texts if contrast(text["fill"], paper) < 7} == {}
        assert sum(text["kind"] == "title" for text in texts) == 1
        axes = [
            axis for axis in figure["layout"] if "axis" in axis and "text" in figure["layout"][axis].get("title", {})
        ]
        assert sum(text["kind"] == "axis" for text in texts) == len(axes)
        named = [trace for trace in figure["data"] if trace.get("showlegend")]
        assert sum(text["kind"] == "legend" for text in texts) == len(named)
        assert sum(text["kind"] == "note" for text in texts) == len(figure["layout"].get("annotations", []))
        if axes:
            assert sum(text["kind"] == "xtick" for text in texts) >= len([axis for axis in axes if axis[0] == "x"])
            assert sum(text["kind"] == "ytick" for text in texts) >= len([axis for axis in axes if axis[0] == "y"])
        cells = [one for trace in figure["data"] for line in trace.get("text") or [] for one in line if one]
        if cells:
            assert sum(text["kind"] == "cell" for text in texts) == len(cells)
            assert sum(text["kind"] == "scale" for text in texts) >= 2
        assert [text for text in texts if text["kind"] == "other"] == []


@needs_chromium
def test_the_figures_of_a_finished_project_are_whole(page, finished_project):
    files = sorted(finished_project.glob("data/*/*/08_reporting/figures/*.json"))
    assert {file.stem for file in files} >= {"mlp_history", "mlp_slice", "mlp_parallel", "mlp_importance", "mlp_pareto"}
    found = {file.stem: faults(page, drawn(page, json.loads(file.read_text()))) for file in files}
    assert {name: own for name, own in found.items() if own} == {}


@needs_chromium
def test_a_figure_that_is_cut_and_one_that_is_covered_are_found(page):
    """The check itself: what it cannot see it cannot refuse."""
    narrow = {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "height": 300}
    cut = drawn(page, {"data": [{"x": [0, 1], "y": [0, 100_000]}], "layout": narrow})
    assert any("is cut" in fault for fault in faults(page, cut))
    twice = [{"text": text, "x": 0.5, "y": 0.5, "showarrow": False} for text in ("one", "other")]
    covered = drawn(page, {"data": [], "layout": {"annotations": twice, "height": 300}})
    assert any("lies over" in fault for fault in faults(page, covered))
