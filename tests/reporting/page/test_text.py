"""The summary as text: the page's first screen and its table, in lines that fit."""

import pytest
from tests.makers.pages import made, without_holdout

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.page.text import text_summary


@pytest.mark.parametrize("judged", [True, False])
def test_it_fits_a_screen_and_says_what_the_page_says_first(judged):
    page = made(tuple(MODEL_TYPES))
    text = text_summary(page.facts, page.searched, page.judged if judged else None)
    assert len(text.splitlines()) < 70
    best = page.searched.best
    for said in (page.facts.name, f"{best['model_type']}, trial {best['trial_number']}", "AAPL", "kedro study best"):
        assert said in text
    assert ("buy and hold" in text) == judged
    assert "`" not in text


def test_the_columns_of_the_table_are_under_their_groups():
    page = made()
    lines = text_summary(page.facts, page.searched, page.judged).splitlines()
    groups = next(
        number
        for number, line in enumerate(lines)
        if "validation" in line and "holdout" in line and "on" not in line.split()
    )
    head, first = lines[groups + 1], lines[groups + 2]
    assert head.split()[:2] == ["trials", "mcc"]
    assert len(head) == len(first)


def test_half_a_study_says_how_to_go_on():
    page = without_holdout(made(), "lstm")
    text = text_summary(page.facts, page.searched, None)
    assert "not judged yet" in text
    assert "kedro run --env test --params source=own" in text


def test_a_name_stays_in_its_line():
    page = made(assets=("a\nb\x1b[31m", "B"))
    text = text_summary(page.facts, page.searched, page.judged)
    assert r"a\nb\x1b[31m" in text
