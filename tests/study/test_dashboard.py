"""What the Optuna dashboard shows of a study: short values under plain names, on pages that fit into their window."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import optuna
import pytest
from tests.makers.browser import CHROMIUM, needs_chromium

from trading_hpo.engine.trial_record import FOLDS, RECORDS, metrics_of
from trading_hpo.study.reference import StudyRef

PAGES = ("", "/analytics", "/trials", "/smartSelection", "/note")
WIDTH = 1280


@pytest.fixture
def storage(search):
    return search(n_trials=3, constraints=[{"metric": "model_size_mb", "max": 5.0}])


def test_other_programs_see_short_attributes_and_the_project_sees_all(storage):
    seen = optuna.load_study(study_name="study", storage=storage.open(records=False))
    ours = StudyRef("study", storage).open()
    for theirs, whole in zip(seen.trials, ours.trials, strict=True):
        assert not RECORDS & theirs.user_attrs.keys()
        shown = {"slot", "model_size_mb", "sharpe", "max_drawdown", "epochs", "training_time_s"}
        assert theirs.user_attrs.keys() == shown
        assert all(len(str(value)) <= 12 for value in theirs.user_attrs.values()), theirs.user_attrs
        assert theirs.user_attrs["sharpe"] == pytest.approx(metrics_of(whole)["sharpe"], rel=1e-3)
        assert len(whole.user_attrs[FOLDS]) == 2
        assert theirs.user_attrs.items() <= whole.user_attrs.items()


@pytest.fixture
def served(storage) -> Iterator[str]:
    from optuna_dashboard import wsgi

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with make_server("127.0.0.1", 0, wsgi(storage.open(records=False)), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/dashboard"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.long(part="pages")
@needs_chromium
def test_no_page_of_a_study_is_wider_than_its_window(served):
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    widths = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*arguments, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.set_default_timeout(60_000)
        for place in PAGES:
            page.goto(f"{served}/studies/1{place}")
            page.get_by_text("study", exact=False).first.wait_for()
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(2000)
            widths[place] = page.evaluate("() => document.documentElement.scrollWidth")
        browser.close()
    assert {place: width for place, width in widths.items() if width > WIDTH} == {}
