"""Every trial that has ended has one run, whoever was killed when."""

import optuna
import pytest
from mlflow.entities import ViewType
from optuna.trial import TrialState, create_trial
from tests.makers.processes import wait_until

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.study.own_trials import SET_ASIDE
from trading_hpo.study.reference import StudyRef
from trading_hpo.tracking.server_sync import SENT_TO
from trading_hpo.tracking.trials import BEST, STUDY, TRIAL, TrialMirror

SPACE = {"learning_rate": optuna.distributions.FloatDistribution(1e-4, 1e-1, log=True)}


def ended(number, state=TrialState.COMPLETE, **attrs):
    return create_trial(
        state=state,
        value=0.1 * number if state != TrialState.FAIL else None,
        params={"learning_rate": 0.01},
        distributions=SPACE,
        intermediate_values={1: 0.05, 2: 0.1 * number},
        user_attrs={
            "slot": number,
            "metrics": {"mcc": 0.1 * number, "sharpe": None},
            "spread": {"mcc": 0.02},
            "cost": {"epochs": 8.0, "training_time_s": 1.5},
            **attrs,
        },
    )


@pytest.fixture
def ref(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    study = optuna.create_study(storage=storage.open(), study_name="base.mlp", direction="maximize")
    study.set_user_attr("study_id", "abc")
    study.add_trials([ended(0), ended(1, TrialState.PRUNED), ended(2, TrialState.FAIL, reason="diverged")])
    return StudyRef("base.mlp", storage)


def mirror(client, experiment, ref, on_logged=lambda _: None):
    parent = client.create_run(experiment)
    return TrialMirror(client, experiment, parent.info.run_id, ref, on_logged)


def runs(client, experiment):
    found = client.search_runs([experiment], f"tags.`{STUDY}` = 'abc'", ViewType.ALL)
    return sorted(found, key=lambda run: int(run.data.tags[TRIAL]))


def test_a_trial_is_a_child_run_with_parameters_metrics_spread_cost_and_its_course(client, experiment, ref):
    one = mirror(client, experiment, ref)
    one.catch_up()
    complete, pruned, failed = runs(client, experiment)
    assert complete.data.params == {"learning_rate": "0.01"}
    assert complete.data.metrics["mcc_std"] == 0.02
    assert complete.data.metrics["epochs"] == 8.0
    assert "sharpe" not in complete.data.metrics  # it has none
    course = client.get_metric_history(complete.info.run_id, "value_by_epoch")
    assert sorted((point.step, point.value) for point in course) == [(1, 0.05), (2, 0.0)]
    assert [run.info.status for run in (complete, pruned, failed)] == ["FINISHED", "KILLED", "FAILED"]
    assert failed.data.tags["reason"] == "diverged"
    assert complete.data.tags["model_type"] == "mlp"
    assert complete.data.tags["slot"] == "0"
    assert {run.data.tags["mlflow.parentRunId"] for run in (complete, pruned, failed)} == {one._parent}


def test_no_trial_is_told_twice_by_one_run_or_by_the_next(client, experiment, ref):
    told: list[str] = []
    one = mirror(client, experiment, ref, told.append)
    one.catch_up()
    one.catch_up()
    ref.follow().add_trial(ended(3))
    one.catch_up()
    mirror(client, experiment, ref, told.append).catch_up()
    zeroth, *_, third = (run.info.run_id for run in runs(client, experiment))
    # The best is sent again, and the one that is so no longer.
    assert sorted(told) == sorted([*(run.info.run_id for run in runs(client, experiment)), zeroth, zeroth, third])


def test_a_run_is_named_by_study_and_number_and_tagged_in_plain_words(client, ref):
    experiment = client.create_experiment("base")
    ref.follow().add_trial(ended(3, TrialState.FAIL, no_value={"sharpe": "nothing was traded", "mcc": "one class"}))
    mirror(client, experiment, ref).catch_up()
    found = runs(client, experiment)
    assert [run.info.run_name for run in found] == [f"mlp trial {number}" for number in range(4)]
    assert [run.data.tags["state"] for run in found] == ["complete", "pruned", "failed", "failed"]
    assert {run.data.tags["study"] for run in found} == {"base.mlp"}
    assert found[3].data.tags["no_value"] == "sharpe: nothing was traded; mcc: one class"


def best(client, experiment):
    """Trials that are marked as the best."""
    return [int(run.data.tags[TRIAL]) for run in runs(client, experiment) if run.data.tags[BEST] == "true"]


def test_the_best_trials_run_alone_is_marked_while_the_search_goes_on_and_by_the_next_run(client, experiment, ref):
    one = mirror(client, experiment, ref)
    one.catch_up()
    assert best(client, experiment) == [0]  # the only complete one
    for number, marked in ((5, 3), (4, 3), (6, 5)):
        ref.follow().add_trial(ended(number))
        one.catch_up()
        assert best(client, experiment) == [marked]
    ref.follow().add_trial(ended(9))
    mirror(client, experiment, ref).catch_up()
    assert best(client, experiment) == [6]


def test_a_trial_that_was_set_aside_is_not_marked(client, experiment, ref):
    ref.follow().add_trial(ended(3))
    mirror(client, experiment, ref).catch_up()
    assert best(client, experiment) == [3]
    ref.follow().set_user_attr(SET_ASIDE, [3])
    mirror(client, experiment, ref).catch_up()
    assert best(client, experiment) == [0]


def test_a_study_in_which_nothing_is_complete_has_no_best_run(client, experiment, tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    study = optuna.create_study(storage=storage.open(), study_name="base.mlp")
    study.set_user_attr("study_id", "abc")
    study.add_trial(ended(0, TrialState.FAIL))
    mirror(client, experiment, StudyRef("base.mlp", storage)).catch_up()
    assert len(runs(client, experiment)) == 1
    assert best(client, experiment) == []


def test_a_mark_that_could_not_be_written_is_written_the_next_time(client, experiment, ref, monkeypatch):
    one = mirror(client, experiment, ref)

    def locked(*_, **__):
        raise RuntimeError("database is locked")

    with monkeypatch.context() as failing:
        failing.setattr(type(client), "set_tag", locked)
        with pytest.raises(RuntimeError, match="locked"):
            one.catch_up()
    one.catch_up()
    assert best(client, experiment) == [0]


def test_a_process_that_died_between_two_marks_leaves_one_to_the_next(client, experiment, ref):
    ref.follow().add_trial(ended(3))
    mirror(client, experiment, ref).catch_up()
    client.set_tag(runs(client, experiment)[0].info.run_id, BEST, "true")
    mirror(client, experiment, ref).catch_up()
    assert best(client, experiment) == [3]


def test_the_best_run_that_its_user_has_deleted_is_no_failure(client, experiment, ref):
    one = mirror(client, experiment, ref)
    one.catch_up()
    client.delete_run(runs(client, experiment)[0].info.run_id)
    ref.follow().add_trial(ended(3))
    one.catch_up()
    live = [run for run in runs(client, experiment) if run.info.lifecycle_stage == "active"]
    assert [run.data.tags[TRIAL] for run in live if run.data.tags[BEST] == "true"] == ["3"]


def test_a_run_that_a_server_has_is_sent_again_when_it_is_the_best_no_longer(client, experiment, ref):
    one = mirror(client, experiment, ref)
    one.catch_up()
    for run in runs(client, experiment):
        client.set_tag(run.info.run_id, SENT_TO, "https://tracking.example")
    ref.follow().add_trial(ended(3))
    one.catch_up()
    assert [SENT_TO in run.data.tags for run in runs(client, experiment)] == [False, True, True, False]


def test_a_trial_that_still_runs_is_told_when_it_has_ended(client, experiment, ref):
    trial = ref.follow().ask()
    one = mirror(client, experiment, ref)
    one.catch_up()
    assert len(runs(client, experiment)) == 3
    ref.follow().tell(trial.number, 0.5)
    one.catch_up()
    assert len(runs(client, experiment)) == 4


def test_a_run_that_was_cut_short_is_completed_and_not_made_again(client, experiment, ref, monkeypatch):
    def die(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(type(client), "log_batch", die)
        with pytest.raises(KeyboardInterrupt):
            mirror(client, experiment, ref).catch_up()
    assert [run.info.status for run in runs(client, experiment)] == ["RUNNING"]
    mirror(client, experiment, ref).catch_up()
    found = runs(client, experiment)
    assert [run.info.status for run in found] == ["FINISHED", "KILLED", "FAILED"]
    assert found[0].data.params == {"learning_rate": "0.01"}


def test_another_study_of_the_same_name_is_told_anew(client, experiment, ref):
    mirror(client, experiment, ref).catch_up()
    optuna.delete_study(study_name="base.mlp", storage=ref.storage.open())
    study = optuna.create_study(storage=ref.storage.open(), study_name="base.mlp")
    study.set_user_attr("study_id", "def")
    study.add_trial(ended(0))
    mirror(client, experiment, ref).catch_up()
    assert len(client.search_runs([experiment], f"tags.`{STUDY}` = 'def'")) == 1


def test_a_search_is_followed_while_it_goes_on_and_to_its_end(client, experiment, ref, monkeypatch, tmp_path):
    monkeypatch.setattr("trading_hpo.tracking.trials.EVERY_S", 0.05)

    def three_have_ended():
        found = runs(client, experiment)
        return len(found) == 3 and found[-1].info.status != "RUNNING"

    with mirror(client, experiment, ref).following(tmp_path):
        wait_until(three_have_ended)
        ref.follow().add_trial(ended(3))
    assert len(runs(client, experiment)) == 4


def test_one_failed_write_makes_no_second_run(client, experiment, ref, monkeypatch):
    told = mirror(client, experiment, ref)
    log_batch, calls = type(client).log_batch, []

    def fails_once(self, *arguments, **options):
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("database is locked")
        return log_batch(self, *arguments, **options)

    monkeypatch.setattr(type(client), "log_batch", fails_once)
    with pytest.raises(RuntimeError, match="locked"):
        told.catch_up()
    told.catch_up()
    assert [run.info.status for run in runs(client, experiment)] == ["FINISHED", "KILLED", "FAILED"]


def test_two_processes_that_follow_one_study_tell_each_trial_once(client, experiment, ref, tmp_path):
    first, second = mirror(client, experiment, ref), mirror(client, experiment, ref)
    with first.following(tmp_path), second.following(tmp_path):
        ref.follow().add_trial(ended(3))
    assert len(runs(client, experiment)) == 4


def test_a_run_that_somebody_deleted_is_not_told_again_and_blocks_nothing(client, experiment, ref):
    orphan = client.create_run(experiment, tags={STUDY: "abc", TRIAL: "0"}).info.run_id
    client.delete_run(orphan)
    mirror(client, experiment, ref).catch_up()
    live = [run for run in runs(client, experiment) if run.info.lifecycle_stage == "active"]
    assert [run.data.tags[TRIAL] for run in live] == ["1", "2"]


def test_a_trial_with_any_names_is_logged(client, experiment, tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    study = optuna.create_study(storage=storage.open(), study_name="../'x\n.mlp", direction="maximize")
    study.set_user_attr("study_id", "a' or 'b")
    odd = {"../a/=1+1\n": 1.0, "x" * 300: 2.0, "..": 3.0, "": 4.0}
    space = {name: optuna.distributions.FloatDistribution(0, 9) for name in odd}
    study.add_trial(create_trial(value=1.0, params=odd, distributions=space, user_attrs={"metrics": odd}))
    for _ in range(2):  # found again
        mirror(client, experiment, StudyRef("../'x\n.mlp", storage)).catch_up()
    (run,) = [run for run in client.search_runs([experiment]) if TRIAL in run.data.tags]
    assert sorted(run.data.params.values()) == ["1.0", "2.0", "3.0", "4.0"]
    assert sorted(run.data.metrics.values())[:4] == [1.0, 2.0, 3.0, 4.0]
