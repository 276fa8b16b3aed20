"""The analysis takes what there is: some model types, a study that still runs, or none at all."""

from dataclasses import dataclass
from itertools import cycle

import optuna
import plotly.graph_objects as go
import pytest
from kedro.config import OmegaConfigLoader
from optuna.distributions import FloatDistribution
from tests.makers.figures import said
from tests.makers.pages import folds_table
from tests.makers.projects import ROOT

from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.trial_record import COST, SLOT
from trading_hpo.errors import MissingInputError
from trading_hpo.families.registry import MODEL_TYPES
from trading_hpo.pipelines.analysis.nodes import (
    compare_searches,
    draw_folds,
    draw_importance,
    draw_study,
    importance,
)
from trading_hpo.pipelines.page_nodes import write_search_page
from trading_hpo.reporting.figures.style import colour_of
from trading_hpo.settings import CONFIG_LOADER_ARGS
from trading_hpo.study.reference import NOT_SEARCHED, StudyRef

NOWHERE = StudyStorage("sqlite:///never-opened.db")
RATE = FloatDistribution(0, 1)
NO_SUMMARY = {"skipped": "not run yet"}
LEFT_OUT = "left out by hpo.models_to_optimize"


@dataclass(frozen=True)
class RefInMemory(StudyRef):
    """A reference whose study is at hand."""

    study: optuna.Study | None = None

    def follow(self) -> optuna.Study:
        assert self.study is not None
        return self.study

    def if_there(self) -> StudyRef:
        return self


def ref_of(model_type: str, n_trials: int = 6, metric: str = "mcc", digest: str = "d") -> RefInMemory:
    study = optuna.create_study(study_name=f"test.{model_type}", direction="maximize")
    with accepted_as_experimental():
        study.set_metric_names([metric])
    study.set_user_attr("fingerprint", {"data": {"digest": digest}, "folds": {"0": {"validation": [[0, 9]]}}})
    for number in range(n_trials):
        study.add_trial(
            optuna.create_trial(
                value=number / 10,
                params={"rate": number / 10},
                distributions={"rate": RATE},
                user_attrs={SLOT: number, COST: {}, "folds": [{"fold": 0, "metrics": {metric: number / 10}}]},
            )
        )
    return RefInMemory(study.study_name, NOWHERE, study=study)


def skipped(reason: str = NOT_SEARCHED) -> StudyRef:
    return StudyRef("", NOWHERE, skipped=reason)


def compared(**refs: StudyRef) -> tuple[go.Figure, go.Figure]:
    """Compare as the pipeline does: a reference and a summary of every model type, in their order."""
    every = {name: refs.get(name, skipped()) for name in MODEL_TYPES}
    return compare_searches(every, dict.fromkeys(MODEL_TYPES, NO_SUMMARY))


# Side by side


@pytest.mark.parametrize("present", [["mlp"], ["lstm", "cnn_lstm"], list(MODEL_TYPES)])
def test_the_model_types_that_were_searched_are_compared(present):
    convergence, comparison = compared(**{name: ref_of(name) for name in present})
    assert [trace.name for trace in convergence.data] == present
    assert [trace.line.color for trace in convergence.data] == [colour_of(name) for name in present]
    assert [trace.name for trace in comparison.data if trace.type == "box"] == present
    assert "mcc" in convergence.layout.title.text


def test_a_model_type_left_out_is_not_compared():
    convergence, _ = compared(mlp=ref_of("mlp"), lstm=skipped(LEFT_OUT))
    assert [trace.name for trace in convergence.data] == ["mlp"]


def test_a_study_that_was_only_opened_gives_way_to_those_with_trials():
    convergence, comparison = compared(mlp=ref_of("mlp", n_trials=0), lstm=ref_of("lstm"))
    assert [trace.name for trace in convergence.data] == ["lstm"]
    assert [trace.name for trace in comparison.data if trace.type == "box"] == ["lstm"]


def test_a_study_that_was_only_opened_is_no_error_alone():
    for figure in compared(mlp=ref_of("mlp", n_trials=0)):
        assert said(figure).startswith("no complete trial yet")


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"metric": "sharpe"}, "their studies are of different metrics: mcc, sharpe"),
        ({"digest": "e"}, "their studies are of different data: test.mlp, test.lstm"),
    ],
)
def test_studies_that_mean_different_things_are_a_note_and_not_a_comparison(other, reason):
    for figure in compared(mlp=ref_of("mlp"), lstm=ref_of("lstm", **other)):
        assert not figure.data
        assert said(figure).startswith(reason)
        assert "`kedro run`" in said(figure)


@pytest.mark.parametrize("reasons", [[NOT_SEARCHED], [LEFT_OUT], [LEFT_OUT, NOT_SEARCHED]])
def test_without_any_study_there_is_nothing_to_analyse(reasons):
    refs = dict(zip(MODEL_TYPES, map(skipped, cycle(reasons)), strict=False))
    with pytest.raises(MissingInputError, match=r"no study to analyse yet\. Run `kedro run --pipeline hpo` first"):
        compared(**refs)


# One study


def test_a_study_is_drawn_three_times_and_one_objective_has_no_front():
    *figures, front = draw_study("mlp", ref_of("mlp"), NO_SUMMARY)
    for figure in figures:
        assert figure.data
        assert "test.mlp" in figure.layout.title.text
    assert said(front).startswith("one objective: its front is the best trial")


def test_a_study_is_drawn_with_the_trials_that_it_has_by_now():
    ref = ref_of("mlp", n_trials=2)
    ref.follow().ask()
    history, *_ = draw_study("mlp", ref, NO_SUMMARY)
    assert list(history.data[0].x) == [0, 1]
    ref.follow().add_trial(optuna.create_trial(value=0.9, user_attrs={SLOT: 3, COST: {}}))
    history, *_ = draw_study("mlp", ref, NO_SUMMARY)
    assert list(history.data[0].x) == [0, 1, 3]


@pytest.mark.parametrize("reason", [NOT_SEARCHED, LEFT_OUT])
def test_a_skipped_study_is_a_note_that_says_whose_and_why(reason):
    figures = [*draw_study("lstm", skipped(reason), NO_SUMMARY)]
    figures.append(draw_importance("lstm", importance(skipped(reason), NO_SUMMARY)))
    for figure in figures:
        assert "lstm" in figure.layout.title.text
        assert said(figure).startswith(reason)
        assert "hpo.models_to_optimize" in said(figure)


def test_importance_is_drawn_in_the_model_types_colour():
    shares = importance(ref_of("lstm"), NO_SUMMARY)
    assert shares["importance"] == {"rate": 1.0}
    (bars,) = draw_importance("lstm", shares).data
    assert bars.marker.color == colour_of("lstm")


def test_a_study_that_was_archived_since_is_left_out_with_its_reason_and_the_others_are_compared(tmp_path):
    storage = StudyStorage(f"sqlite:///{tmp_path / 'studies.db'}")
    gone = StudyRef("test.lstm", storage)
    convergence, _ = compared(mlp=ref_of("mlp"), lstm=gone)
    assert [trace.name for trace in convergence.data] == ["mlp"]
    history, *_ = draw_study("lstm", gone, NO_SUMMARY)
    assert "not searched yet, or archived or deleted since" in said(history)
    assert importance(gone, NO_SUMMARY)["skipped"] == "not searched yet, or archived or deleted since"


# Folds, trials, and the page of the searches


def test_the_folds_are_drawn_of_the_data_that_the_studies_were_made_on():
    refs = {"mlp": ref_of("mlp"), "lstm": skipped()}
    summaries = dict.fromkeys(refs, NO_SUMMARY)
    assert draw_folds(folds_table(), {"panel_digest": "d"}, refs, summaries).data
    other = draw_folds(folds_table(), {"panel_digest": "e"}, refs, summaries)
    assert said(other).startswith("other data have been prepared since than those of the studies")


@pytest.mark.filterwarnings("ignore:register_new_resolver")
def test_the_page_of_the_searches_has_what_there_is_and_leaves_out_a_users_own_parameters():
    parameters = OmegaConfigLoader(str(ROOT / "conf"), env="test", **CONFIG_LOADER_ARGS)["parameters"]
    refs = {"mlp": ref_of("mlp"), "lstm": skipped()}
    figures = {"mlp__history_figure": draw_study("mlp", refs["mlp"], NO_SUMMARY)[0]}
    page = write_search_page({**parameters, "broker": {"key": "s3cret"}}, refs, {}, {}, figures, {})
    assert "mlp, trial 5" in page
    assert 'data-figure="mlp.history_figure"' in page
    assert f"lstm: {NOT_SEARCHED}" in page
    assert "training.epochs" in page
    assert "s3cret" not in page
