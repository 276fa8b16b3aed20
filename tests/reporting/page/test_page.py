"""The page: all that a run has left, in one file that needs no network, whatever names there are in it."""

import base64
import hashlib
import html.parser
import json
import re
from dataclasses import replace

import pytest
from tests.makers.pages import made, without_holdout

from trading_hpo.reporting.page.figures_json import MOST_MARKS
from trading_hpo.reporting.page.first_screen import NOT_TESTED
from trading_hpo.reporting.page.page import DIGEST, report_page, resources_digest
from trading_hpo.reporting.page.results_sections import results_section

HOSTILE = "<script>alert(1)</script>\"'`&{{7*7}}\u2028</style>"
LIMIT_BYTES = 6_000_000


class Elements(html.parser.HTMLParser):
    """What a browser finds: elements, their attributes, and texts outside of scripts and styles."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self.scripts, self._inside = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        inside = self._inside[-1] if self._inside else ""
        if inside == "script":
            self.scripts.append(data)
        elif inside != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def those(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def page_of(page, judged=True):
    return report_page(page.facts, page.searched, page.judged if judged else None, page.figures)


def test_the_first_screen_says_what_was_searched_what_won_and_what_to_do():
    page = made()
    best = page.searched.best
    text = Elements(page_of(page)).text
    first = text[: text.index("Results What") if "Results What" in text else text.index("model type")]
    for said in (
        "2: AAPL, IBM",
        "2010-01-04 to 2020-01-02",
        "direction over 1 bar",
        "mlp, lstm",
        "2018-01-02 to 2018-10-28",
    ):
        assert said in first
    assert f"{best['model_type']}, trial {best['trial_number']}" in first
    assert f"40: {page.searched.trials('complete')} complete" in first
    assert f"kedro study best test-own-direction1.{best['model_type']}" in first
    assert "kedro run --env test --params source=own,labels.kind=volatility,training.loss=auto" in first
    assert "In a browser: every trial with make dashboard STUDIES=sqlite:///data/own/studies.db" in first


def test_what_stands_behind_a_plus_minus_is_the_same_in_the_tiles_and_in_the_table():
    page = made()
    text = Elements(page_of(page)).text
    line = page.judged.line(page.searched.best["model_type"])
    for part in ("validation", "holdout"):
        low, high = line[f"{part}_interval"]
        spread = f"± {(high - low) / 2:.3f}"
        assert f"{spread}; constant 0.000" in text  # the tile
        assert f"{line[part]:.3f} {spread} " in text  # the table
    assert "over folds" not in text.partition("Results")[0]


def test_the_table_has_the_same_columns_of_validation_and_of_the_holdout():
    page = made()
    table = results_section(page.searched, page.judged).blocks[0]
    validation, holdout = table.head[2:8], table.head[8:]
    assert validation == holdout == ["mcc", "p", "Sharpe", "annual return", "drawdown", "turnover"]
    page.judged.lines[0].update(validation_annual_return=0.123, holdout_annual_return=-0.045, holdout_turnover=7.0)
    rows = results_section(page.searched, page.judged).blocks[0].rows
    (own,) = (row for row in rows if row[0] == page.judged.lines[0]["model_type"])
    assert (own[5], own[7], own[11], own[13]) == ("12.3 %", "8.0", "-4.5 %", "7.0")


def test_every_section_is_in_the_contents():
    found = Elements(page_of(made()))
    sections = [attrs["id"] for attrs in found.those("section")][1:]
    assert [attrs["href"] for attrs in found.those("a")] == [f"#{key}" for key in sections]
    assert sections == [
        *("results", "luck", "regimes", "equity", "months", "years", "assets", "exposure", "costs", "calls"),
        *("search", "folds", "best", "configuration", "environment"),
    ]


def test_the_verdicts_of_the_report_are_said():
    page = made()
    for line in page.judged.report["models"]:
        line["verdicts"] = {"forecast": "the f of it", "money": "the m of it", "luck": "the l of it"}
    text = Elements(page_of(page)).text
    assert "Forecast The f of it. Money The m of it. Luck The l of it." in text


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (0.0017, "9 of 12 positions, at closes 0.17% better than the barrier's price in the mean."),
        (-0.0004, "9 of 12 positions, at closes 0.04% worse than the barrier's price in the mean."),
        (None, "9 of 12 positions."),
    ],
)
def test_it_says_how_far_from_the_barriers_price_positions_were_closed(mean, said):
    page = made()
    assert "touch" not in Elements(page_of(page)).text
    page.judged.report["models"][0]["touches"] = {"positions": 12, "touched": 9, "mean_difference": mean}
    name = page.judged.report["models"][0]["model_type"]
    assert f"{name}: a touch of a barrier has ended {said}" in Elements(page_of(page)).text


def test_a_report_without_verdicts_says_that_nothing_was_tested():
    page = made()
    assert NOT_TESTED not in Elements(page_of(page)).text
    for line in page.judged.report["models"]:
        del line["verdicts"]
    assert f"Forecast {NOT_TESTED}" in Elements(page_of(page)).text


def test_half_a_study_has_a_page_that_says_how_to_go_on():
    text = Elements(page_of(without_holdout(made(), "lstm"), judged=False)).text
    assert "Not judged on the holdout yet." in text
    assert "shown once kedro run --env test --params source=own has run." in text
    assert "lstm, trial" in text
    assert "mlp: not searched yet" in text


def test_without_a_complete_trial_there_is_no_winner():
    page = made(n_trials=0)
    text = Elements(page_of(page, judged=False)).text
    assert "Best so far None yet." in text
    assert "No trial is complete yet." in text


def test_a_holdout_that_only_the_baselines_have_seen_is_shown_with_what_there_is():
    page = made()
    looked = page.judged
    names = ("constant_forecast", "buy_and_hold")
    lines = [{**line, "holdout": None, "holdout_interval": None} for line in looked.lines]
    nothing = replace(
        looked,
        report={**looked.report, "models": lines},
        holdouts={},
        costs=looked.costs[looked.costs["name"].isin(names)],
        years=looked.years[looked.years["name"].isin(names)],
        assets=looked.assets.iloc[:0],
        confusion=looked.confusion.iloc[:0],
    )
    text = Elements(page_of(replace(page, judged=nothing))).text
    assert "No model type has been judged yet." in text
    assert "mcc on the holdout –" in text


def test_several_objectives_have_their_front():
    drawn = [
        attrs["data-figure"] for attrs in Elements(page_of(made(several=True))).those("div") if "data-figure" in attrs
    ]
    assert "mlp.pareto_figure" in drawn
    one = [attrs["data-figure"] for attrs in Elements(page_of(made())).those("div") if "data-figure" in attrs]
    assert "mlp.pareto_figure" not in one


def test_the_same_inputs_give_the_same_bytes():
    assert page_of(made()) == page_of(made())


def test_no_name_becomes_markup():
    page = page_of(made(assets=(HOSTILE, "B"), name=HOSTILE, parameter=HOSTILE))
    plain, found = Elements(page_of(made())), Elements(page)
    assert [tag for tag, _ in found.elements] == [tag for tag, _ in plain.elements]
    assert len(found.scripts) == len(plain.scripts) == 3
    for attrs in (attrs for _, attrs in found.elements):
        assert not any(name.startswith("on") for name in attrs)
    assert "<script>alert(1)</script>" in found.text  # shown as it is
    assert "{{7*7}}" in found.text
    data = json.loads(found.scripts[0])
    assert set(data) == {"pool", "figures"}


def test_only_our_scripts_run_and_nothing_is_fetched():
    found = Elements(page_of(made()))
    (policy,) = (
        attrs["content"] for attrs in found.those("meta") if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert rules["default-src"] == "'none'"
    own = found.scripts[1:]
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in own]
    assert rules["script-src"] == " ".join(f"'sha256-{digest}'" for digest in digests)
    assert not [attrs for attrs in found.those("script") if "src" in attrs]
    assert [attrs["href"] for attrs in found.those("link")] == ["data:,"]


def test_six_model_types_of_a_thousand_trials_fit():
    more = {f"plugged_in_{number}": "mlp" for number in range(3)}
    page = made(("mlp", "lstm", "cnn_lstm"), 1000, 5000, 12, [f"A{number}" for number in range(100)], shown_as=more)
    written = page_of(page)
    assert len(written.encode()) < LIMIT_BYTES
    found = Elements(written)
    assert re.search(r"Drawn: \d+ of \d+ lines\.", found.text)
    marks = [int(drawn) for drawn in re.findall(r"Drawn: (\d+) of 600 points of a line or group\.", found.text)]
    assert len(marks) >= 6
    assert MOST_MARKS - 2 <= min(marks) <= max(marks) <= MOST_MARKS
    data = json.loads(found.scripts[0])
    assert "plugged_in_2.slice_figure" in data["figures"]


def test_a_change_of_template_style_or_script_is_a_change_of_code():
    assert resources_digest() == DIGEST, f"write DIGEST = {resources_digest()!r} into page.py"


def test_a_search_that_is_not_judged_yet_has_the_verdicts_of_validation():
    page = made()
    said = {"forecast": "the f of it", "luck": "the l of it"}
    searched = replace(page.searched, verdicts={page.searched.best["model_type"]: said})
    text = Elements(page_of(replace(page, searched=searched), judged=False)).text
    assert "Forecast The f of it. Luck The l of it." in text


def test_it_asks_whether_the_winner_is_luck():
    for judged in (True, False):
        text = Elements(page_of(made(), judged)).text
        assert "Is it luck?" in text
        assert "0.41. The best of 48 trials without skill would show an active Sharpe of 0.90" in text
