"""What guides a choice are the trials of the search itself that no person has set aside, whoever asks."""

import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from tests.makers.studies import study_of, trial_of

from trading_hpo.analysis.convergence import best_so_far
from trading_hpo.errors import StorageError
from trading_hpo.reporting.figures.search import history_figure
from trading_hpo.reporting.studies import best_lines, studies_table, study_lines
from trading_hpo.reporting.trials_table import trials_view
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.integrity import checked
from trading_hpo.study.own_trials import eligible_trials, foreign_trials, own_trials
from trading_hpo.study.ranking import best_trial, pareto_front, ranked
from trading_hpo.study.results import model_results, study_summary
from trading_hpo.study.set_aside import set_aside, take_back
from trading_hpo.study.transfer import transfer_of

UNIT = {"rate": FloatDistribution(0, 1)}
MADE = {"fingerprint": {"seed": 0}}


def complete(value, **attrs):
    return trial_of(value, params={"rate": value}, distributions=UNIT, metrics={"mcc": value}, **attrs)


@pytest.fixture
def study():
    """Worth 0.1 to 0.4, and one of another program that would be the best."""
    return study_of(*map(complete, (0.1, 0.4, 0.2, 0.9, 0.3)), foreign=[3], **MADE)


def numbers(trials):
    return [trial.number for trial in trials]


def test_a_trial_without_slot_without_an_end_of_ours_or_of_a_slot_that_is_taken_is_foreign():
    ended = {"slot": 0, "cost": {}}
    trials = [
        complete(0.1, **ended),
        complete(0.2, slot=1),
        complete(0.3, cost={}),
        complete(0.4, **ended),
        trial_of(None, state=TrialState.FAIL, slot=2, reason="it broke"),
        trial_of(None, state=TrialState.RUNNING, slot=3),
        trial_of(None, state=TrialState.WAITING),
    ]
    study = study_of(*trials, foreign=range(7), **MADE)
    assert numbers(own_trials(study)) == [0, 4, 5]
    assert numbers(foreign_trials(study)) == [1, 2, 3, 6]


def test_of_another_programs_study_every_trial_is_its_own():
    study = study_of(complete(0.1), complete(0.2), metrics=None)
    assert numbers(own_trials(study)) == [0, 1]
    assert foreign_trials(study) == []


def test_everything_that_chooses_agrees(study):
    set_aside(study, 1)
    assert numbers(ranked(study)) == [4, 2, 0]
    assert numbers(pareto_front(study)) == [4]
    assert best_trial(study).number == 4
    assert study_summary(study, "")["best_value"] == 0.3
    results = model_results(study, "mlp", "")
    assert results["best"]["trial_number"] == 4
    assert [one["trial_number"] for one in results["best_configurations"]] == [4, 2, 0]
    assert (results["set_aside"], results["foreign_trials"], results["trials"]["complete"]) == ([1], 1, 4)
    assert best_so_far(study)["best"].to_list() == [0.1, 0.1, 0.2, 0.3]
    assert list(history_figure(study, "mlp").data[0].y) == [0.1, 0.2, 0.3]
    taken_over = transfer_of([study], {}, HpoConfig(objectives=[{"metric": "mcc"}]))
    assert taken_over.trials == []
    assert numbers(eligible_trials(study)) == [0, 2, 4]
    assert next(best_lines(study)).startswith("trial 4:")


def test_a_trial_that_is_set_aside_teaches_no_later_study(study):
    from trading_hpo.engine.space import FloatParameter

    space = {"rate": FloatParameter(type="float", low=0, high=1)}
    set_aside(study, 1)
    taken_over = transfer_of([study], space, HpoConfig(objectives=[{"metric": "mcc"}]))
    assert [trial.value for trial in taken_over.trials] == [0.1, 0.2, 0.3]
    assert taken_over.first == [{"rate": 0.3}, {"rate": 0.2}, {"rate": 0.1}]


def test_it_is_said_wherever_the_study_is_shown(study):
    set_aside(study, 1)
    said = "\n".join(study_lines(study, ""))
    assert "set aside   1: never chosen, counted all the same" in said
    assert "foreign     3: added, ended or copied by another program" in said
    assert "  set aside: 1" in list(best_lines(study))
    assert list(map(str, studies_table([(study, "")]).columns[-1].cells)) == ["mcc, 1 set aside, 1 foreign"]
    table = trials_view(study, 9).renderables[0]
    states = dict(zip(*(map(str, table.columns[place].cells) for place in (0, 2)), strict=True))
    assert states == {
        "0": "complete",
        "1": "complete, set aside",
        "2": "complete",
        "3": "complete, foreign",
        "4": "complete",
    }


def test_what_is_enqueued_is_said_to_wait():
    study = study_of(complete(0.1), trial_of(None, state=TrialState.WAITING), foreign=[1], **MADE)
    assert "  enqueued    1, which the next search with budget left runs" in list(study_lines(study, ""))


def test_setting_aside_is_undone_by_number(study):
    set_aside(study, 1)
    set_aside(study, 1)
    take_back(study, 1)
    assert best_trial(study).number == 1


@pytest.mark.parametrize("number", [3, 5])
def test_only_a_complete_trial_of_the_search_can_be_set_aside(study, number):
    with pytest.raises(StorageError, match=rf"NUMBER must be a complete trial of test\.mlp, got {number}"):
        set_aside(study, number)


def test_only_what_is_set_aside_can_be_taken_back(study):
    set_aside(study, 2)
    with pytest.raises(StorageError, match=r"must be a trial that is set aside, got 1\. Of test\.mlp these are: 2\."):
        take_back(study, 1)


def test_with_all_of_them_set_aside_nothing_is_chosen(study):
    for number in (0, 1, 2, 4):
        set_aside(study, number)
    assert best_trial(study) is None
    assert model_results(study, "mlp", "")["best"] is None
    assert list(best_lines(study)) == ["All complete trials are set aside."]


def test_what_another_program_says_of_its_own_trials_damages_no_study(study):
    theirs = trial_of(float("inf"), metrics=3)
    study.add_trial(theirs)
    assert checked(study) is study


def test_the_command_that_lists_trials_can_be_typed_whatever_the_study_is_called():
    study = study_of(complete(0.1), name="daily; rm x.mlp", **MADE)
    with pytest.raises(StorageError, match=r"`kedro study trials 'daily; rm x\.mlp'` lists them"):
        set_aside(study, 7)
