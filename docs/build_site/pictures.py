"""The pictures of README and tutorial, from the report of a run.

``python docs/build_site/pictures.py report.html [folder]``; ``make pictures`` gives it the last base run's.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ASSETS = Path(__file__).parents[1] / "assets"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1200, 860


def take_pictures(report: Path, folder: Path = ASSETS) -> None:
    """Write ``report.png``, the page's first screen, and ``equity.png``.

    Args:
        report: The page.
        folder: That they are written to.
    """
    if not report.exists():
        sys.exit(f"There is no report at {report}. Run `make run` first, or name another: make pictures REPORT=...")
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit(f"No browser is on the path. Install one of {', '.join(BROWSERS)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(report.resolve().as_uri())
        page.screenshot(path=folder / "report.png")
        equity = page.locator("[data-figure=equity_figure]")
        equity.scroll_into_view_if_needed()
        equity.locator("svg.main-svg").first.wait_for()
        equity.screenshot(path=folder / "equity.png")
        browser.close()


if __name__ == "__main__":
    take_pictures(*map(Path, sys.argv[1:]))
