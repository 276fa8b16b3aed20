"""The documentation: builds without a warning, loads nothing from elsewhere, and names what is there."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from tests.makers.browser import CHROMIUM, needs_chromium

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "trading_hpo"
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions")
SITE = pytest.mark.long(part="site")

LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
}
LOADED_LINKS = {"stylesheet", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "icon", "manifest"}
ELSEWHERE = re.compile(r"^\s*(?:https?:)?//")

# What the recipes add to the repository.
RECIPES_ADD = {
    "src/trading_hpo/families/networks/tcn",
    "src/trading_hpo/training/losses/cauchy.py",
    "tests/training/losses/test_cauchy.py",
    "src/trading_hpo/tasks/larger_moves.py",
    "src/trading_hpo/engine/samplers/univariate.py",
    "src/trading_hpo/engine/pruners/top_share.py",
    "conf/local/globals.yml",
    "conf/local/parameters.yml",
    "conf/mine/globals.yml",
    "conf/mine/parameters.yml",
}


class Loads(HTMLParser):
    """Collects what a browser fetches for a page; links for a reader are not among it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in LOADED and LOADED[tag] in given:
            self.urls.append(given[LOADED[tag]])
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.urls.append(given.get("href", ""))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("site")
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, **nowhere, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    return done, folder


@pytest.fixture(scope="module")
def site(built: tuple[subprocess.CompletedProcess[str], Path]) -> Path:
    done, folder = built
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def package_folders() -> list[str]:
    return sorted(path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py"))


@SITE
def test_the_site_builds_without_a_warning_and_without_a_network(built):
    done, _ = built
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNING" not in said, said


@SITE
def test_no_page_loads_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    loaded = {page.relative_to(site).as_posix(): Loads(page.read_text()).urls for page in pages}
    assert all(urls for urls in loaded.values()), "a page without a script or style: is the reader of pages broken?"
    assert {page: urls for page, urls in loaded.items() if any(map(ELSEWHERE.match, urls))} == {}
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*['\"]?(?:https?:)?//", sheet.read_text()), sheet


def test_the_reader_of_pages_tells_what_is_loaded_from_what_is_linked():
    page = (
        '<link rel="stylesheet" href="//a/x.css"><link rel="canonical" href="https://b/"><script src="https://c/x.js">'
        '</script><a href="https://d/">d</a><img src="e.png"><script>"https://f/"</script>'
    )
    assert Loads(page).urls == ["//a/x.css", "https://c/x.js", "e.png"]
    assert [bool(ELSEWHERE.match(url)) for url in Loads(page).urls] == [True, True, False]


@SITE
@pytest.mark.parametrize("folder", package_folders())
def test_every_package_folder_has_a_page_with_all_its_modules(site, folder):
    page = site / "reference" / "code" / folder / "index.html"
    assert page.exists()
    headings = re.findall(r'<h2 id="[^"]*">\s*([a-z_0-9]+)', page.read_text())
    modules = {path.stem for path in (PACKAGE / folder).glob("*.py")} - {"__init__", "__main__"}
    assert sorted(headings) == sorted(modules)


@SITE
def test_examples_and_sources_of_docstrings_are_sections_of_their_own(site):
    page = (site / "reference" / "code" / "splits" / "index.html").read_text()
    assert "<strong>Looks ahead:</strong>" in page
    assert "<strong>Source:</strong>" in page
    assert re.search(r"Examples:</span>|<strong>Examples:</strong>|<b>Examples:</b>", page)
    assert "Example:" not in re.sub(r"<[^>]+>", "", page)


@SITE
def test_every_decision_has_a_page_in_the_navigation(site):
    index = (site / "index.html").read_text()
    decisions = [path.stem for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert decisions
    assert [name for name in decisions if f'href="decisions/{name}.html"' not in index] == []


@SITE
def test_the_parameters_page_holds_the_files_themselves(site):
    page = (site / "reference" / "parameters.html").read_text()
    text = re.sub(r"<[^>]+>", "", page)
    for line in (ROOT / "conf" / "base" / "parameters.yml").read_text().splitlines():
        key = line.split("#")[0].strip()
        assert key in text, line


@SITE
@needs_chromium
@pytest.mark.parametrize("width", [1280, 400])
def test_the_search_works_from_the_file_system(site, width):
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND"]
        )
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        if width < 960:  # where the field is behind a sign
            page.locator("label.md-header__button[for=__search]").click()
        page.locator(".md-search__input").click()
        page.locator(".md-search__input").press_sequentially("embargo")
        page.locator(".md-search-result__item").first.wait_for(timeout=120_000)
        found = page.locator(".md-search-result__list").inner_text()
        browser.close()
    assert "embargo" in found.lower()
    assert [url for url in asked if not url.startswith("file:")] == []


WIDER_THAN_THE_PAGE = """() => {
  const width = document.documentElement.clientWidth;
  const inABox = one => {
    for (let box = one.parentElement; box; box = box.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  const over = [...document.querySelectorAll("article *")].filter(one => {
    const place = one.getBoundingClientRect();
    return place.width > 0 && place.right > width + 1 && !inABox(one);
  });
  return [document.documentElement.scrollWidth - width, over.map(one => one.outerHTML.slice(0, 120))];
}"""


@SITE
@needs_chromium
@pytest.mark.parametrize("width", [390, 1400])
def test_no_page_is_wider_than_the_screen_and_what_is_wide_scrolls_in_its_own_box(site, width):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.set_content('<article><p style="width: 3000px">wide</p></article>')
        assert page.evaluate(WIDER_THAN_THE_PAGE)[0] > 0, "the measure finds nothing"
        found = {}
        for file in sorted(site.rglob("*.html")):
            if file.name == "404.html":  # a server's: it finds its style at the server's root, and none in a folder
                continue
            page.goto(file.as_uri(), wait_until="domcontentloaded")
            if (measured := page.evaluate(WIDER_THAN_THE_PAGE)) != [0, []]:
                found[file.relative_to(site).as_posix()] = measured
        browser.close()
    assert found == {}


# --- what the pages say ---


def test_how_tos_are_grouped_by_what_a_person_wants_a_few_in_each_group():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    (groups,) = [entry["How to"] for entry in nav if "How to" in entry]
    pages = {name: listed for group in groups for name, listed in group.items()}
    assert [name for name, listed in pages.items() if not 2 <= len(listed) <= 7] == []
    assert sorted(page for listed in pages.values() for page in listed) == sorted(
        path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs" / "howto").glob("*.md")
    )


def named_paths(text: str) -> set[str]:
    """Files and folders of the repository that a page names, in code or in links of code."""
    found = re.findall(r"(?<![\w/.])((?:src|tests|conf|notebooks|benchmarks|controls)/[\w./-]*\w)", text)
    return {path for path in found if "*" not in path}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT / "docs").as_posix())
def test_paths_that_a_page_names_exist(page):
    missing = {path for path in named_paths(page.read_text()) - RECIPES_ADD if not (ROOT / path).exists()}
    assert {path for path in missing if not path.startswith(("conf/local", "conf/mine"))} == set()  # a user's own


def test_what_the_recipes_add_is_not_there_yet():
    assert [path for path in RECIPES_ADD if not path.startswith("conf/") and (ROOT / path).exists()] == []


def test_every_make_target_is_on_the_page_of_commands():
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    page = (ROOT / "docs" / "reference" / "commands.md").read_text()
    assert [target for target in targets if target != "help" and f"`make {target}`" not in page] == []


def test_every_file_of_the_catalog_is_on_the_page_of_files():
    catalog = yaml.safe_load((ROOT / "conf" / "base" / "catalog.yml").read_text())
    entries = [entry.get("dataset", entry) for name, entry in catalog.items() if not name.startswith("_")]
    files = {entry["filepath"] for entry in entries if str(entry.get("filepath", "")).startswith("${_root}")}
    assert len(files) > 20
    page = (ROOT / "docs" / "reference" / "data_layout.md").read_text()
    shown = {file.removeprefix("${_root}/").replace("{model}", "<model>").replace("{name}", "<name>") for file in files}
    assert sorted(file for file in shown if file not in page) == []
