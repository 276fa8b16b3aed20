"""Adapters between the catalog and the analysis."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores, why_incomparable
from trading_hpo.analysis.importance import parameter_importance
from trading_hpo.errors import MissingInputError
from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure
from trading_hpo.reporting.figures.folds import folds_figure
from trading_hpo.reporting.figures.overfitting import overfitting_figure
from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.pareto import pareto_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure, search_it
from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.reporting.figures.style import note
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.integrity import checked
from trading_hpo.study.ranking import metric_of
from trading_hpo.study.reference import StudyRef


def importance(ref: StudyRef, _searched: dict[str, Any]) -> dict[str, Any]:
    """Return the importance of every parameter of a study."""
    ref = ref.if_there()
    return ref.described() if ref.skipped is not None else parameter_importance(checked(ref.open()))


def draw_importance(model_type: str, shares: dict[str, Any]) -> go.Figure:
    """Draw the importance of every parameter."""
    return importance_figure(model_type, shares)


def draw_study(model_type: str, ref: StudyRef, _searched: dict[str, Any]) -> tuple[go.Figure, ...]:
    """Draw history, slices, parallel coordinates and the Pareto front of a study."""
    ref = ref.if_there()
    if ref.skipped is not None:
        titles = ("Search history", "Value by parameter", "Configurations", "Pareto front")
        return tuple(note(f"{title} of {model_type}", ref.skipped, search_it(model_type)) for title in titles)
    study = checked(ref.open())
    figures = (history_figure, slice_figure, parallel_figure, pareto_figure)
    return tuple(figure(study, model_type) for figure in figures)


def draw_folds(
    folds: pd.DataFrame, prepared: dict[str, Any], refs: dict[str, StudyRef], _searched: dict[str, dict[str, Any]]
) -> go.Figure:
    """Draw the folds on a time axis, unless other data have been prepared since the studies were made."""
    there = (ref for ref in (ref.if_there() for ref in refs.values()) if ref.skipped is None)
    made_on = (conditions_of(ref.open()).get("data", {}).get("digest") for ref in there)
    if prepared["panel_digest"] not in made_on:
        remedy = "Run `kedro run --pipeline hpo` with the settings of the studies: their data are prepared again."
        return note("Folds and holdout", "other data have been prepared since than those of the studies", remedy)
    return folds_figure(folds)


def draw_overfitting(selection: dict[str, Any]) -> go.Figure:
    """Draw how the best trial of one half of the bars ranks on the other."""
    return overfitting_figure(selection)


def compare_searches(refs: dict[str, StudyRef], _searched: dict[str, dict[str, Any]]) -> tuple[go.Figure, go.Figure]:
    """Draw the model types that have been searched side by side.

    Raises:
        MissingInputError: None has.
    """
    there = {model_type: ref.if_there() for model_type, ref in refs.items()}
    studies = {model_type: checked(ref.open()) for model_type, ref in there.items() if ref.skipped is None}
    if not studies:
        raise MissingInputError("There is no study to analyse yet. Run `kedro run --pipeline hpo` first.")
    if why := why_incomparable(studies):
        empty = note("Model types", why, "Search them again with the same settings: `kedro run`.")
        return empty, empty
    metric = metric_of(next(iter(studies.values())))
    found = {model_type: best_so_far(study) for model_type, study in studies.items()}
    return (
        convergence_figure(found, metric),
        comparison_figure(complete_values(studies), fold_scores(studies), metric),
    )
