"""The statistics of selection bias in words: each has its number and what would change it."""

from dataclasses import replace

import pytest
from tests.makers.pages import made, without_holdout
from tests.makers.selection import TOO_FEW, selection_of

from trading_hpo.reporting.page.blocks import Table
from trading_hpo.reporting.page.luck_section import NOTHING, luck_section
from trading_hpo.reporting.page.numbers import NONE
from trading_hpo.reporting.page.text import text_summary
from trading_hpo.reporting.selection_sentences import DEFLATED, OVERFITTING, selection_sentences


def test_every_statistic_has_a_sentence_with_its_number():
    said = selection_sentences(selection_of())
    numbers = {
        "Sharpe": ("0.80", "1.10 raw", "5.2 years", "1,310 bars"),
        "Probabilistic Sharpe": ("PSR 0.79: the probability that", "0.98"),
        DEFLATED: ("0.41", "48 trials", "an active Sharpe of 0.90", "this one's is 0.80", "16.2 years"),
        "Effective trials": ("DSR 0.71", "40 trials", "count as 6: one for each group", "an active Sharpe of 0.50"),
        "Track record": ("7.4 years", "1,865 bars", "95%", "5.2 years"),
        "Backtest length": ("6.1 years", "48 trials", "5.2 years"),
        OVERFITTING: ("PBO 0.5", "12,870", "40 trials"),
        "Reality check": ("p 0.31", "0.22", "40 trials"),
        "Forecast": ("p 0.03", "0.2 against linear", "mcc", "32 blocks"),
    }
    assert list(said) == list(numbers)
    for title, expected in numbers.items():
        assert all(number in said[title] for number in expected), said[title]
        assert said[title].endswith(".")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (selection_of(), "More years, not more trials, would settle it: 16.2 years at this Sharpe."),
        (selection_of(deflated=0.97), "Luck shows less; every further trial on these bars raises what it shows."),
        (selection_of(years=403_890.0), "would settle it: over a hundred years at this Sharpe."),
        (selection_of(sharpe=-0.2, years=None), "No number of years would settle it at a Sharpe that is not above 0."),
        (selection_of(n_trials=1), "0.41, the probabilistic Sharpe: of one trial none was chosen."),
        (selection_of(deflated=0.9499), "0.9499. The best"),
    ],
)
def test_a_deflated_sharpe_says_what_would_change_it(found, expected):
    assert expected in selection_sentences(found)[DEFLATED]


def test_what_cannot_be_said_says_why():
    found = selection_of(overfitting=False)
    found["reality_check"] = {"why": "12 bars are too few: 20 are needed"}
    found["forecast"] = {other: {"why": "its trials have no scores"} for other in ("constant", "reference")}
    said = selection_sentences(found)
    assert said[OVERFITTING] == f"Too few: {TOO_FEW['why']}"
    assert said["Reality check"] == "12 bars are too few: 20 are needed."
    assert said["Forecast"] == "Losses cannot be compared: its trials have no scores."


def test_returns_that_are_not_kept_or_those_of_the_constant_forecast_have_one_sentence():
    lost, same = selection_of(), selection_of()
    lost["own"] = {"why": "its returns are not kept"}
    same["own"]["active"] = {"why": "it earned what the constant forecast earns"}
    for found, expected in ((lost, "its returns are not kept"), (same, "it earned what the constant forecast earns")):
        said = selection_sentences(found)
        assert expected in said["Sharpe"]
        assert list(said) == ["Sharpe", OVERFITTING, "Reality check", "Forecast"]


def test_a_sharpe_below_zero_and_one_without_clusters_have_sentences():
    found = selection_of(sharpe=-0.2, years=None)
    found["own"]["active"] |= {"effective": None, "track_record_years": None, "backtest_years": None}
    said = selection_sentences(found)
    assert "Effective trials" not in said
    assert said["Track record"] == "No number of years would show that the active Sharpe is above 0: it is not."
    assert said["Backtest length"].endswith("this one is not above 0.")


def test_without_a_reference_the_constant_forecast_stands_alone():
    found = selection_of()
    found["forecast"]["reference"] = {"why": "it is a reference itself"}
    assert "against the constant forecast, by mcc in 32 blocks" in selection_sentences(found)["Forecast"]


def test_trials_that_move_together_count_as_one():
    found = selection_of()
    found["own"]["active"]["effective"] |= {"n_trials": 1, "expected_best": 0.0}
    said = selection_sentences(found)["Effective trials"]
    assert said.startswith("DSR 0.71 if the 40 trials with returns, which move together, count as one.")


def test_where_no_two_trials_move_together_it_says_so():
    found = selection_of()
    found["own"]["active"]["effective"] |= {"n_trials": 4, "n_series": 4}
    said = selection_sentences(found)["Effective trials"]
    assert said.startswith("DSR 0.71 of the 4 trials with returns alone: no two of them move together.")


@pytest.mark.parametrize(("years", "said"), [(6.1, "more years or fewer trials"), (5.1, "enough for so many trials.")])
def test_a_backtest_is_long_enough_for_its_trials_or_not(years, said):
    found = selection_of()
    found["own"]["active"]["backtest_years"] = years
    assert said in selection_sentences(found)["Backtest length"]


# The section of the page


def test_the_section_is_about_the_winner_and_the_others_are_behind_titles():
    page = made()
    first = page.searched.best["model_type"]
    intro, facts, drawn, table, _, folded = luck_section(page.searched).blocks
    assert f"Of {first}, the best of all" in intro.text
    assert "effective trials, PBO and the reality check, those whose returns are kept" in intro.text
    assert dict(facts.pairs) == selection_sentences(page.searched.selection[first])
    assert drawn.name == "overfitting_figure"
    assert table.rows[0][0] == first
    assert {len(row) for row in table.rows} == {len(table.head)} == {sum(count for _, count in table.groups)}
    assert folded.title != first


def test_without_statistics_it_says_so():
    page = made(n_trials=0)
    assert [block.text for block in luck_section(page.searched).blocks] == [NOTHING]
    text = text_summary(page.facts, page.searched, None)
    assert NOTHING in text


def test_half_a_study_has_them_too():
    page = without_holdout(made(), "lstm")
    assert "Deflated Sharpe" in text_summary(page.facts, page.searched, None)


def test_the_numbers_of_one_that_cannot_be_tested_are_dashes():
    page = made()
    selection = {name: {**own, "own": {"why": "lost"}} for name, own in page.searched.selection.items()}
    table = luck_section(replace(page.searched, selection=selection)).blocks[3]
    assert {cell for row in table.rows for cell in row[1:]} == {"–"}


@pytest.mark.parametrize(("years", "cell"), [(None, NONE), (16.2, "16.2"), (403_890.0, "over 100")])
def test_the_table_of_the_page_names_no_length_that_no_market_has(years, cell):
    searched = made(("mlp",)).searched
    section = luck_section(replace(searched, selection={searched.best["model_type"]: selection_of(years=years)}))
    (table,) = (block for block in section.blocks if isinstance(block, Table))
    assert table.rows[0][6] == cell  # until the deflated Sharpe is 0.95
