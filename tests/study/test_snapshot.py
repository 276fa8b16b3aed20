import optuna
import pytest
from optuna.trial import TrialState

from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.study.integrity import checked
from trading_hpo.study.ranking import best_trial
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.set_aside import set_aside, set_aside_in


@pytest.fixture
def study(database):
    study = optuna.create_study(study_name="daily.mlp", storage=database.open(), direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("rate", 0, 1), n_trials=3)
    return study


@pytest.fixture
def ref(study, database):
    return StudyRef("daily.mlp", database)


def test_a_study_that_was_opened_stays_as_it_was_while_it_is_searched(study, ref):
    opened = ref.open()
    before, chosen = opened.trials, best_trial(opened).number
    running = study.ask()
    study.add_trial(optuna.create_trial(value=2.0))
    set_aside(study, chosen)
    assert opened.trials == before
    assert best_trial(opened).number == chosen
    assert set_aside_in(opened) == ()
    assert opened.get_trials(states=(TrialState.RUNNING,)) == []
    later = ref.open()
    assert [trial.number for trial in later.get_trials(states=(TrialState.RUNNING,))] == [running.number]
    assert set_aside_in(later) == (chosen,)


def test_a_study_that_is_followed_is_read_anew_each_time(study, ref):
    followed = ref.follow()
    study.add_trial(optuna.create_trial(value=2.0))
    assert len(followed.trials) == 4


@pytest.mark.parametrize(
    "write",
    [
        lambda study: study.set_user_attr("set_aside", [0]),
        lambda study: study.add_trial(optuna.create_trial(value=2.0)),
        lambda study: study.add_trials([optuna.create_trial(value=2.0)]),
        lambda study: study.enqueue_trial({"rate": 0.5}),
        lambda study: study.ask(),
        lambda study: study.tell(0, 0.5),
        lambda study: study.optimize(lambda _: 0.5, n_trials=1),
        lambda study: set_aside(study, 0),
    ],
)
def test_nothing_can_be_written_by_what_would_not_see_it(ref, write):
    with pytest.raises(TypeError, match="opened to be read"):
        write(ref.open())
    assert len(ref.open().trials) == 3


def test_a_figure_of_several_parameters_is_drawn_while_trials_end_between_its_panels(study, ref, monkeypatch):
    from trading_hpo.reporting.figures import slices

    def and_a_trial_ends(trials, parameter_axes=slices.parameter_axes):
        study.optimize(lambda trial: trial.suggest_float("rate", 0, 1), n_trials=1)
        return parameter_axes(trials)

    monkeypatch.setattr(slices, "parameter_axes", and_a_trial_ends)
    assert len(slice_figure(checked(ref.open()), "mlp").data[0].x) == 3
