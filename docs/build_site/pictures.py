"""The pictures of README and tutorial, from the report of a run: ``python docs/build_site/pictures.py report.html``."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ASSETS = Path(__file__).parents[1] / "assets"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1200, 860


def main(report: Path) -> None:
    """Write ``report.png``, the page's first screen, and ``equity.png``."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=ASSETS / "report.png")
        equity = page.locator("[data-figure=equity_figure]")
        equity.scroll_into_view_if_needed()
        equity.locator("svg.main-svg").first.wait_for()
        equity.screenshot(path=ASSETS / "equity.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
