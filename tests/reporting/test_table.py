"""The table that a run ends with: whole at 80 and at 100 columns, with the verdicts of the best under it."""

import io

import pytest
from rich.console import Console
from tests.makers.pages import regimes_made
from tests.makers.selection import selection_of
from tests.makers.verdicts import verdict_of
from tests.reporting.test_report import holdout_of, reported, result_of, skipped

from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.reporting.table import render


def printed(report, width):
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(render(report))
    return console.file.getvalue()


def of_all(values, **options):
    results = [result_of(name, value, **options) for name, value in values.items()]
    return reported(results, [holdout_of(value + 0.4, model_type=name) for name, value in values.items()])


VALUES = {name: 0.041 + 0.011 * place for place, name in enumerate(MODEL_TYPES)}


@pytest.mark.parametrize("width", [80, 100])
def test_every_number_is_printed_whole(width):
    text = printed(of_all(VALUES), width)
    assert all(len(line) <= width for line in text.splitlines())
    table = text.partition("best of them")[0]
    for name, value in VALUES.items():
        begins = ([name], [name.partition("_")[0] + "_"])  # a long name may go on in the next line
        own = " ".join(line for line in table.splitlines() if line.split()[:1] in begins)
        numbers = (
            f"{value:.3f}±0.017",
            f"{value + 0.4:.3f}±0.017",
            "0.01",
            "0.02",
            "11%",
            "0.90",
            "0.37",
            "33%",
            "4.0",
        )
        assert all(number in own for number in numbers), text


def test_validation_and_holdout_stand_side_by_side_where_all_of_both_has_room():
    for report in (of_all(VALUES), of_all({name: -value for name, value in VALUES.items()})):
        text = printed(report, 100)
        assert text.count("buy, hold") == 1
        assert "…" not in text.split("complete")[0]
        assert printed(report, 80).count("buy, hold") == 2


def test_a_name_that_has_no_room_beside_both_parts_stands_on_two_lines():
    narrow, wide = (printed(of_all(VALUES), width).splitlines() for width in (95, 120))
    (place,) = (number for number, line in enumerate(narrow) if line.startswith("gradient_ "))
    assert narrow[place + 1].split() == ["boosting"]
    assert any(line.startswith("gradient_boosting") and "±" in line for line in wide)
    assert "boosting" not in [word for line in wide for word in line.split()]


@pytest.mark.parametrize("width", [80, 100])
def test_baselines_have_all_their_numbers_and_the_parts_their_dates(width):
    text = printed(of_all(VALUES), width)
    constant, held = (
        " ".join(line for line in text.splitlines() if line.startswith(name)) for name in ("constant ", "buy, hold ")
    )
    assert all(number in constant for number in ("0.010", "0.000", "11%", "0.61", "33%", "4.0"))
    assert all(number in held for number in ("11%", "0.61", "0.47", "33%", "4.0"))
    assert "validation 2012-10-16 to 2019-08-05" in text
    assert "holdout 2019-08-07 to 2022-12-27" in text


@pytest.mark.parametrize("width", [80, 100])
def test_each_configuration_has_one_line(width):
    lines = printed(of_all(VALUES), width).splitlines()
    column = max(map(len, VALUES))
    for name in VALUES:
        (own,) = [line for line in lines if line.startswith(f"{name:<{column}} of ")]
        assert "7 complete, 2 pruned, 1 fail: learning_rate=0.00312" in own


def test_the_verdicts_are_those_of_the_best():
    text = " ".join(printed(of_all(VALUES), 100).split())
    best = max(VALUES, key=VALUES.get)
    assert f"{best}, the best of them: forecast: better than a constant forecast on validation" in text
    assert text.count("forecast: better") == text.count(" luck: ") == text.count(" money: ") == 1
    lowest = printed(of_all(VALUES, metric="mse", direction="minimize"), 100)
    assert f"{min(VALUES, key=VALUES.get)}, the best of them" in lowest


def test_a_p_value_is_rounded_to_its_side():
    result, holdout = result_of("lstm"), holdout_of()
    text = printed(reported([result], [holdout], verdicts={"lstm": verdict_of(0.0504, 0.0496)}), 100)
    (line,) = [line for line in text.splitlines() if line.split()[:1] == ["lstm"] and "±" in line]
    assert "0.0504" in line
    assert "0.05 " in line


@pytest.mark.parametrize("width", [80, 100])
def test_skipped_models_are_printed(width):
    others = [name for name in MODEL_TYPES if name != "mlp"]
    results = [result_of("mlp"), *map(skipped, others)]
    text = printed(reported(results, [holdout_of(model_type="mlp"), *[{"skipped": ""}] * len(others)]), width)
    (line,) = [line for line in text.splitlines() if "kipped" in line]
    assert all(name in line for name in others)


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("holdout", [{"skipped": "not run yet"}, holdout_of(None, model_type="cnn_lstm")])
def test_what_is_unknown_is_printed_as_a_dash_not_as_none(width, holdout):
    text = printed(reported([result_of("cnn_lstm")], [holdout], verdicts={}), width)
    assert "cnn_lstm" in text
    assert "None" not in text
    assert "nan" not in text


def test_a_run_that_skipped_everything_still_prints():
    results = [skipped(name) for name in MODEL_TYPES]
    text = printed(reported(results, [{"skipped": ""}] * len(results)), 80)
    assert all(name in text for name in MODEL_TYPES)


def test_looks_at_an_index_and_at_its_stocks_are_said():
    holdouts = [holdout_of(related_looks={"S&P 500": 2}), holdout_of(model_type="mlp", related_looks={"S&P 500": 3})]
    report = reported([result_of("lstm"), result_of("mlp")], holdouts)
    assert "Others have seen the S&P 500 index at the same time, or stocks in it: 3." in printed(report, 120)


def test_a_holdout_that_trials_were_validated_on_is_said_once_for_every_study():
    named = (("a", "early.mlp"), ("b", "early.lstm"), ("c", "early.mlp"))
    one, two, again = ({"study_id": key, "study_name": name, "trials": 5} for key, name in named)
    holdouts = [holdout_of(validated_before=[one, two]), holdout_of(model_type="mlp", validated_before=[one, again])]
    report = reported([result_of("lstm"), result_of("mlp")], holdouts)
    said = "Bars of this holdout were validation bars of 15 trials before, of early.mlp, early.lstm."
    assert said in printed(report, 120)
    assert "validation bars" not in printed(reported([result_of("lstm")], [holdout_of()]), 120)


def test_a_number_that_is_not_there_has_its_reason_under_the_table():
    result = result_of("lstm")
    result["best"]["no_value"] = {"sharpe": "nothing was traded (fold 1)", "r2": "the targets do not vary (fold 0)"}
    holdout = {**holdout_of(None), "no_value": {"mcc": "no row is judged"}}
    text = printed(reported([result], [holdout]), 120)
    assert "lstm         sharpe on validation has no value: nothing was traded (fold 1)" in text
    assert "lstm         mcc on holdout has no value: no row is judged" in text
    assert "r2" not in text  # it is not in the table


def test_what_a_search_says_that_has_found_nothing_is_in_the_report():
    nothing = {
        **result_of("lstm"),
        "best": None,
        "nothing_found": "Study daily.lstm has found nothing: so many trials.",
    }
    text = printed(reported([result_of("lstm"), nothing], [holdout_of(), {"skipped": ""}]), 120)
    assert "Skipped: lstm." in text
    assert "Study daily.lstm has found nothing: so many trials." in text


def test_it_ends_with_what_to_type_next():
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    console.print(render(of_all(VALUES), [("other data", "kedro run --params source=x")], lambda text: f"my {text}"))
    best = max(VALUES, key=VALUES.get)
    assert [line.strip() for line in console.file.getvalue().splitlines()[-5:]] == [
        "Look further:",
        "# everything about the best configuration",
        f"my kedro study best daily.{best}",
        "# other data",
        "my kedro run --params source=x",
    ]


def test_the_best_is_said_to_be_luck_or_not_with_a_number():
    selection = {"lstm": selection_of("daily.lstm"), "mlp": selection_of("daily.mlp", deflated=0.97)}
    results = [result_of("lstm", 0.09), result_of("mlp", 0.03)]
    report = reported(results, [holdout_of(), holdout_of(model_type="mlp")], selection=selection)
    text = " ".join(printed(report, 200).split())
    assert "deflated Sharpe (DSR): 0.41. The best of 48 trials without skill would show" in text
    assert "would show an active Sharpe of 0.90; this one's is 0.80." in text
    assert "0.97" not in text


@pytest.mark.parametrize("width", [80, 100])
def test_the_worst_regimes_of_the_best_are_named_under_its_verdicts(width):
    result, holdout = result_of("lstm"), holdout_of(regimes=regimes_made(0.02, error=0.01))
    result["best"]["regimes"] = regimes_made(0.04)
    text = printed(reported([result], [holdout]), width)
    assert all(len(line) <= width for line in text.splitlines())
    said = " ".join(text.split())
    assert "worst regimes on validation: mcc in high volatility, 0.030 over 1,002 bars (2,004 samples);" in said
    assert "worst regimes on the holdout: mcc in high volatility, 0.010 ± 0.017 over 1,002 bars" in said
    assert "worst regimes" not in printed(reported([result_of("lstm")], [holdout_of()]), width)
