import io

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState
from rich.console import Console
from tests.makers.pages import regimes_made
from tests.makers.studies import study_of, trial_of

from trading_hpo.engine.trial_record import REASON, VIOLATIONS
from trading_hpo.reporting.fitted_lines import fitted
from trading_hpo.reporting.studies import LABELS, NAMES, best_lines, failures, studies_table, study_lines
from trading_hpo.reporting.trials_table import trials_view

BOUND = "max_drawdown <= 0.2"
COST = {"cost": {"epochs": 6.0, "training_time_s": 2.0}}


def study_with(*trials, names=("mcc", "model_size_mb"), bounds=()):
    """A study of trials, each from its values and by how much it breaks the bound; none where there is no bound."""
    made = [
        trial_of(*values, **COST)
        if over is None
        else trial_of(*values, constraints={"0": over}, **COST, **{VIOLATIONS: {BOUND: over}})
        for values, over in trials
    ]
    directions = ["maximize", "minimize"][: len(names)]
    about = {"constraints": list(bounds)}
    return study_of(*made, name="made-up.mlp", directions=directions, metrics=names, fingerprint=about)


def shown(table):
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines() if line.strip()]


def test_of_several_objectives_the_front_and_the_choice_are_marked():
    lines = shown(trials_view(study_with(([0.1, 1.0], None), ([0.3, 2.0], None), ([0.2, 3.0], None)), 9))
    assert lines[0][:3] == ["trial", "mcc", "model_size_mb"]
    rows = {line[0]: " ".join(line[3:]) for line in lines[2:]}
    assert rows == {"0": "complete, chosen", "1": "complete, front", "2": "complete"}


def test_of_one_objective_nothing_is_marked_and_pruned_trials_come_last():
    study = study_with(([0.1], None), ([0.3], None), names=("mcc",))
    study.add_trial(trial_of(0.9, state=TrialState.PRUNED, slot=9, **COST))
    lines = shown(trials_view(study, 9))
    assert [line[0] for line in lines[2:]] == ["1", "0", "2"]
    assert [line[2] for line in lines[2:]] == ["complete", "complete", "pruned"]


def test_whether_a_trial_keeps_the_constraints_stands_beside_it():
    study = study_with(([0.9], 0.5), ([0.1], -0.5), names=("mcc",), bounds=(BOUND,))
    study.add_trial(trial_of(0.9, state=TrialState.PRUNED, slot=9, **COST))
    rows = {line[0]: " ".join(line[3:]) for line in shown(trials_view(study, 9))[2:]}
    assert rows == {"1": "kept", "0": "broken by 50%", "2": "-"}


@pytest.mark.parametrize(("over", "told"), [(0.5, True), (-0.5, False)])
def test_a_best_trial_that_breaks_a_constraint_is_told_everywhere(over, told):
    study = study_with(([0.9], over), names=("mcc",), bounds=(BOUND,))
    listed = " ".join(shown(studies_table([(study, "here")]))[2])
    assert ("breaks a constraint" in listed) is told
    text = "\n".join(study_lines(study, "here"))
    assert f"constraint  {BOUND}" in text
    assert ("breaks a constraint as all others do" in text) is told
    best = "\n".join(best_lines(study))
    assert ("broken, by 50% of the bound" in best) is told
    assert (" kept" in best) is not told


def test_each_metric_of_the_best_stands_beside_the_constant_forecasts_where_that_is_known():
    study = study_of(trial_of(0.3, metrics={"mcc": 0.3, "auc": 0.6}, spread={"mcc": 0.1}))
    beside = list(best_lines(study, {"mcc": 0.0, "sharpe": 0.7}))
    assert "  mean over folds ± spread (constant forecast)" in beside
    assert "  mcc                       0.3000 ± 0.1000 (0.0000)" in beside
    assert "  auc                       0.6000 ± -" in beside
    assert "  mean over folds ± spread" in list(best_lines(study))


def test_a_metric_without_a_value_says_why_and_what_found_nothing_says_that():
    about = {
        "metrics": {"mcc": 0.3, "sharpe": None, "auc": None},
        "no_value": {"sharpe": "nothing was traded (fold 1)"},
    }
    lines = list(best_lines(study_of(trial_of(0.3, **about))))
    assert "  sharpe                    no value: nothing was traded (fold 1)" in lines
    assert "  auc                       no value: an earlier version has not recorded why" in lines
    failed = study_of(trial_of(state=TrialState.FAIL, **{REASON: "sharpe has no value: nothing was traded (fold 0)"}))
    (said,) = best_lines(failed)
    assert "1 trial: sharpe has no value: nothing was traded (fold 0)" in said
    assert said in "\n".join(study_lines(failed, "here"))
    assert "best        none: no trial has ended yet" in "\n".join(study_lines(study_of(), "here"))


def test_what_a_study_has_spent_counts_all_its_trials():
    text = "\n".join(study_lines(study_with(([0.1, 1.0], None), ([0.3, 2.0], None)), "here"))
    assert "spent       12 epochs, 4 s of training, all folds counted" in text
    assert "front       2 trials" in text
    assert "minimize model_size_mb, weight 1" in text


# --- on a terminal ---

NAMES_OF_20 = [f"{word}_of_the_parameter_{number}" for number, word in enumerate(["rate", "early_stopping"] * 10)]
LONG = "a-very-long-name-of-a-scenario-and-a-source-and-a-label-that-somebody-has-given-a-search.cnn_lstm"


def many_parameters(name="made-up.mlp", same=2):
    """A study of three trials with 20 parameters, the first ones the same in all; one more trial has failed."""
    space = dict.fromkeys(NAMES_OF_20, FloatDistribution(0, 1)) | {NAMES_OF_20[9]: CategoricalDistribution(["x" * 99])}

    def values(number):
        drawn = {key: 0.123456 if place < same else 0.1 * number for place, key in enumerate(NAMES_OF_20)}
        return drawn | {NAMES_OF_20[9]: "x" * 99}

    trials = [trial_of(0.1 * n + 0.012345, params=values(n), distributions=space, **COST) for n in range(3)]
    failed = trial_of(state=TrialState.FAIL, slot=3, **COST, **{REASON: "the loss was not finite " * 9 + "y" * 120})
    return study_of(*trials, failed, name=name, fingerprint={"search_space": NAMES_OF_20})


def drawn(renderable, width):
    written = io.StringIO()
    Console(file=written, width=width, highlight=False).print(renderable)
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("name", ["base-sp500_20-direction1.cnn_lstm", LONG])
def test_no_line_is_wider_than_a_terminal(width, name):
    study = many_parameters(name)
    printed = [
        *drawn(trials_view(study, 9, width), width),
        *drawn(studies_table([(study, "here"), (study, "here")]), width),
        *fitted(study_lines(study, "sqlite:////a/place/" + "z" * 120), width, LABELS),
        *fitted(failures(study), width, 0),
        *fitted(best_lines(study), width, NAMES),
    ]
    assert max(map(len, printed)) <= width
    joined = "".join("".join(printed).split())
    for whole in (name, "y" * 120, "z" * 120, *NAMES_OF_20):  # folded, and not cut
        assert whole in joined


@pytest.mark.parametrize("width", [80, 100])
def test_what_differs_between_trials_stands_in_columns_and_what_does_not_below(width):
    table, *notes = trials_view(many_parameters(), 9, width).renderables
    headings = ["".join(str(column.header).split()) for column in table.columns]
    shown = headings[3:]
    assert len(shown) >= 3
    assert shown == NAMES_OF_20[2 : 2 + len(shown)]
    said = " ".join("\n".join(map(str, notes)).split())
    assert f"The same in all of them: {NAMES_OF_20[0]}=0.123, {NAMES_OF_20[1]}=0.123, {NAMES_OF_20[9]}=xxx" in said
    left_out = [name for name in NAMES_OF_20[2:] if name not in (*shown, NAMES_OF_20[9])]
    assert f"No room for: {', '.join(left_out)} `kedro study export made-up.mlp --to trials.csv`" in said


def test_where_there_is_room_names_are_whole_and_nothing_is_left_out():
    printed = drawn(trials_view(many_parameters(same=20), 9), 200)
    assert "No room for" not in "\n".join(printed)
    printed = drawn(trials_view(many_parameters(same=16), 9), 200)
    assert all(name in printed[1] for name in NAMES_OF_20[16:])


def test_numbers_have_three_significant_digits():
    rows = [line.split() for line in drawn(trials_view(many_parameters(), 9), 200)]
    assert ["2", "0.212", "complete", "0.2"] in [row[:4] for row in rows]


def test_a_text_goes_on_below_its_beginning_and_stays_whole_where_there_is_no_terminal():
    lines = ["name", "  storage     one two three four five six seven", "trial 3: one two three four five six seven"]
    assert list(fitted(lines, None, LABELS)) == lines
    assert list(fitted(lines, 32, LABELS)) == [
        "name",
        "  storage     one two three four",
        "              five six seven",
        "trial 3: one two three four",
        "  five six seven",
    ]


def test_the_best_configuration_is_shown_in_each_regime_with_the_worst():
    study = study_of(trial_of(0.2, **COST, regimes=regimes_made(0.2)), name="made-up.mlp", metrics=("mcc",))
    lines = list(best_lines(study))
    first = lines.index("  regimes of the market, all folds together: mcc, Sharpe, bars, samples")
    assert lines[first + 1] == "  low volatility            0.2000, 1.0000, 1,000 bars, 2,000 samples"
    assert lines[first + 5] == "  up trend                  0.2000, -, 1,004 bars, 2,008 samples"
    assert lines[first + 6].strip() == "no sharpe in up trend: no variance of returns"
    assert lines[first + 7].startswith("  worst                     mcc in high volatility, 0.190 over 1,002 bars")


def test_of_a_trial_of_an_earlier_version_no_regime_is_shown():
    lines = list(best_lines(study_of(trial_of(0.2, **COST), name="made-up.mlp", metrics=("mcc",))))
    assert not any("regime" in line for line in lines)
