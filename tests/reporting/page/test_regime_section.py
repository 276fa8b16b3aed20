"""The page's section of scores by regime."""

from dataclasses import replace

from tests.makers.pages import made, regimes_made, without_holdout

from trading_hpo.reporting.page.blocks import Folded, Table, Text
from trading_hpo.reporting.page.facts import Searched
from trading_hpo.reporting.page.regime_section import regime_sections
from trading_hpo.reporting.page.text import text_summary


def without_regimes(page):
    results = {
        name: {**result, "best": {**result["best"], "regimes": None}} for name, result in page.searched.results.items()
    }
    holdouts = {
        name: {key: value for key, value in look.items() if key != "regimes"}
        for name, look in page.judged.holdouts.items()
    }
    return replace(
        page,
        searched=Searched(results, page.searched.overall),
        judged=replace(page.judged, holdouts=holdouts),
    )


def test_validation_and_holdout_stand_side_by_side_with_their_counts():
    page = made()
    (section,) = regime_sections(page.searched, page.judged)
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert table.groups == (("", 1), ("validation", 5), ("holdout", 5))
    assert table.head == ["", *["bars", "samples", "mcc", "constant", "Sharpe"] * 2]
    value = page.searched.best["value"]
    assert table.rows[2] == [
        *("high volatility", "1,002", "2,004", f"{value - 0.01:.3f}", "0.000", "1.00"),
        *("1,002", "2,004", "0.000 ± 0.035", "0.000", "1.00 ± 1.04"),
    ]
    assert table.rows[4][5] == table.rows[4][10] == "–"


def test_the_winner_is_open_and_the_others_are_folded():
    page = made()
    (section,) = regime_sections(page.searched, page.judged)
    best = page.searched.best["model_type"]
    assert Text(best) in section.blocks
    assert [block.title for block in section.blocks if isinstance(block, Folded)] == [
        name for name in page.searched.begun if name != best
    ]
    said = [block.text for block in section.blocks if isinstance(block, Text)]
    assert any(line.startswith("Worst on validation: mcc in high volatility,") for line in said)
    assert any(line.startswith("Worst on the holdout: mcc in high volatility, 0.000 ± 0.035 over") for line in said)
    assert "On the holdout, no sharpe in up trend: no variance of returns." in said


def test_of_a_search_alone_there_is_validation_alone():
    page = without_holdout(made(), "lstm")
    (section,) = regime_sections(page.searched, None)
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert table.groups == (("", 1), ("validation", 5))


def test_of_studies_of_an_earlier_version_there_is_no_such_section():
    page = without_regimes(made())
    assert regime_sections(page.searched, page.judged) == []
    assert "Regimes" not in text_summary(page.facts, page.searched, page.judged)


def test_another_column_on_the_holdout_has_its_own_lines():
    """The look may be of other data than the study's latest trial: what one part lacks is a dash."""
    page = made()
    best = page.searched.best["model_type"]
    own = regimes_made(0.02)
    own["scores"] = [{**line, "by": "regime", "regime": line["regime"] + line["by"]} for line in own["scores"]]
    looks = {**page.judged.holdouts, best: {**page.judged.holdouts[best], "regimes": own}}
    (section,) = regime_sections(page.searched, replace(page.judged, holdouts=looks))
    table = next(block for block in section.blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows][5] == "regime lowvolatility"
    assert table.rows[5][1:6] == ["–"] * 5


def test_the_text_has_the_winners_table_and_its_worst():
    page = made()
    text = text_summary(page.facts, page.searched, page.judged)
    after = text[text.index("Regimes:") :].splitlines()
    assert after[1] == page.searched.best["model_type"]
    assert after[4].startswith("low volatility")
    assert sum(line.startswith("Worst on") for line in after) == 2
