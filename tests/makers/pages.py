"""What a page is made of, without a run: studies in memory, returns drawn at random, any names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
import pandas as pd
import plotly.graph_objects as go
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState
from tests.makers.selection import selection_of
from tests.makers.studies import study_of, trial_of
from tests.makers.verdicts import compared_with, verdict_of

from trading_hpo.analysis.convergence import best_so_far, complete_values, fold_scores
from trading_hpo.analysis.holdout_costs import costs_table
from trading_hpo.analysis.holdout_periods import exposure_table, monthly_table
from trading_hpo.analysis.holdout_tables import confusion_table, yearly_table
from trading_hpo.reporting.figures.comparison import comparison_figure, convergence_figure
from trading_hpo.reporting.figures.folds import folds_figure
from trading_hpo.reporting.figures.holdout import equity_figure
from trading_hpo.reporting.figures.overfitting import overfitting_figure
from trading_hpo.reporting.figures.parallel import parallel_figure
from trading_hpo.reporting.figures.pareto import pareto_figure
from trading_hpo.reporting.figures.periods import assets_figure, costs_figure, exposure_figure, monthly_figure
from trading_hpo.reporting.figures.search import history_figure, importance_figure
from trading_hpo.reporting.figures.slices import slice_figure
from trading_hpo.reporting.page.facts import Judged, RunFacts, Searched
from trading_hpo.reporting.report import report_of
from trading_hpo.study.results import combined_results, model_results

METRIC, COST_BPS, BARS_PER_YEAR = "mcc", 5.0, 252.0


@dataclass(frozen=True)
class Made:
    """The arguments of a page."""

    facts: RunFacts
    searched: Searched
    judged: Judged
    figures: dict[str, go.Figure]


def made(
    model_types: Sequence[str] = ("mlp", "lstm"),
    n_trials: int = 20,
    n_bars: int = 300,
    n_parameters: int = 4,
    assets: Sequence[str] = ("AAPL", "IBM"),
    name: str = "test-own-direction1",
    parameter: str = "rate",
    several: bool = False,
    shown_as: Mapping[str, str] | None = None,
) -> Made:
    """Make the arguments of a page.

    Args:
        model_types: Whose studies.
        n_trials: Of each; some are pruned, some fail.
        n_bars: Of the holdout.
        n_parameters: Of each trial.
        assets: Their names.
        name: What the names of the studies begin with.
        parameter: What the names of the parameters begin with.
        several: Objectives.
        shown_as: Names of further model types, each with one of ``model_types`` in whose place it stands.
    """
    names = [f"{parameter}{number}" for number in range(n_parameters)]
    studies = {
        one: _study(f"{name}.{one}", n_trials, names, seed, assets, several) for seed, one in enumerate(model_types)
    }
    results = {one: model_results(study, one, "sqlite:///studies.db") for one, study in studies.items()}
    selection = {
        one: selection_of(own["study_name"], own["best"]["trial_number"]) for one, own in results.items() if own["best"]
    }
    judged, holdout = _judged(results, n_bars, assets, selection)
    figures = {**_of_studies(studies), **holdout, "overfitting_figure": overfitting_figure(selection)}
    for more, of in (shown_as or {}).items():
        results[more] = {**results[of], "model_type": more}
        figures |= {f"{more}.{key.partition('.')[2]}": own for key, own in figures.items() if key.startswith(f"{of}.")}
    facts = RunFacts(name, "test", "own", {"hpo.seed": "0"}, {"source": "own"}, {"Python": "3.11"}, COST_BPS)
    searched = Searched(results, combined_results(list(results.values())), selection=selection)
    return Made(facts, searched, judged, figures)


def without_holdout(page: Made, *complete: str) -> Made:
    """The same in the middle of a search: nothing is judged, and only some model types have a study."""
    results = {
        one: result if one in complete else {"model_type": one, "study_name": "", "skipped": "not searched yet"}
        for one, result in page.searched.results.items()
    }
    selection = {one: own for one, own in page.searched.selection.items() if one in complete}
    searched = Searched(results, combined_results(list(results.values())), selection=selection)
    return replace(page, searched=searched)


def _study(
    name: str, n_trials: int, parameters: Sequence[str], seed: int, assets: Sequence[str], several: bool
) -> optuna.Study:
    random = np.random.default_rng(seed)
    space = dict.fromkeys(parameters, FloatDistribution(0, 1))
    trials = []
    for number in range(n_trials):
        value = float(random.normal(0.02, 0.02))
        state = TrialState.FAIL if number % 10 == 7 else TrialState.PRUNED if number % 3 == 2 else TrialState.COMPLETE
        metrics = {METRIC: value, "sharpe": 20 * value, "max_drawdown": 0.2, "turnover": 8.0}
        trials.append(
            trial_of(
                *([value, 1 - value] if several else [value])[: 2 if state == TrialState.COMPLETE else 0],
                state=state,
                params={one: float(random.uniform()) for one in parameters},
                distributions=space,
                reports={} if several else {1: value - 0.01, 2: value},
                ended_s=float(number),
                metrics=metrics,
                spread=dict.fromkeys(metrics, 0.01),
                cost={"epochs": 6.0, "training_time_s": 1.5},
                folds=[{"fold": fold, "metrics": {METRIC: value + 0.01 * fold}} for fold in (0, 1)],
                reason="it ran out of memory" if state == TrialState.FAIL else None,
            )
        )
    fingerprint = {
        "data": {
            **{"digest": "d1", "assets": list(assets), "features": ["x"], "label": "direction", "horizon_bars": 1},
            **{
                "bars_per_year": BARS_PER_YEAR,
                "first": "2010-01-04T00:00:00+00:00",
                "last": "2020-01-02T00:00:00+00:00",
            },
        },
        "folds": {"0": {"train": [[0, 9]], "stop": [[9, 12]], "validation": [[12, 20]], "embargo_bars": 1}},
        **{"search": [0, 20], "holdout": [20, 320], "longest_window": 2, "seed": 0},
        "searched_until": "2018-01-01T00:00:00+00:00",
        "search_space": {one: {} for one in parameters},
        "objectives": [f"maximize {METRIC}"],
    }
    directions, metrics = (["maximize", "minimize"], [METRIC, "size"]) if several else (["maximize"], [METRIC])
    return study_of(*trials, name=name, directions=directions, metrics=metrics, fingerprint=fingerprint)


def _judged(
    results: Mapping[str, Mapping[str, Any]],
    n_bars: int,
    assets: Sequence[str],
    selection: Mapping[str, Mapping[str, Any]],
) -> tuple[Judged, dict[str, go.Figure]]:
    stamps = pd.date_range("2018-01-02", periods=n_bars, tz="UTC")
    random = np.random.default_rng(1)

    def drawn() -> np.ndarray:
        return random.normal(0.0003, 0.01, n_bars)

    held = pd.DataFrame({"timestamp": stamps, "buy_and_hold": drawn(), "constant_forecast": drawn()})
    held["constant_forecast_turnover"], held["constant_forecast_exposure"] = 0.01, 1.0
    returns, forecasts, holdouts, tables = {}, {}, {}, []
    for model_type, result in results.items():
        columns = {
            "net_return": drawn(),
            "turnover": random.uniform(0, 0.3, n_bars),
            "exposure": random.uniform(0, 1, n_bars),
        }
        returns[model_type] = pd.DataFrame({"timestamp": stamps, **columns})
        calls = random.uniform(size=n_bars)
        called = {
            "asset": assets[0],
            "forecast": calls,
            "called": calls > 0.5,
            "truth": random.uniform(size=n_bars) > 0.5,
        }
        forecasts[model_type] = pd.DataFrame({"timestamp": stamps, **called})
        of_assets = {"asset": list(assets), "contribution": random.normal(0, 0.02, len(assets)), "asset_return": 0.1}
        tables.append(
            pd.DataFrame({**of_assets, "turnover": 3.0, "mean_exposure": 0.1, "bars": n_bars, "model_type": model_type})
        )
        best = result["best"] or {}
        holdouts[model_type] = {
            "metrics": {METRIC: 0.01, "sharpe": 0.5, "max_drawdown": 0.1},
            "standard_errors": {METRIC: 0.02},
            "first": stamps[0].isoformat(),
            "last": stamps[-1].isoformat(),
            **{name: result[name] for name in ("data_key", "study_name")},
            "trial_number": best.get("trial_number"),
            "looks_so_far": len(results),
        }
    baseline = {"constant_forecast": {METRIC: 0.0}, "buy_and_hold": {"sharpe": 0.9, "max_drawdown": 0.2}}
    base = {
        **{"data_key": next(iter(results.values()))["data_key"], "bars_per_year": BARS_PER_YEAR},
        **{"validation": baseline, "holdout": baseline},
    }
    only_returns = held[["timestamp", "buy_and_hold", "constant_forecast"]]
    judged = Judged(
        report_of(
            list(results.values()),
            list(holdouts.values()),
            base,
            {one: verdict_of() for one in results},
            compared_with(**dict.fromkeys(results, 0.01)),
            selection,
        ),
        base,
        holdouts,
        yearly_table(returns, forecasts, only_returns, BARS_PER_YEAR),
        costs_table(returns, held, COST_BPS, BARS_PER_YEAR),
        pd.concat(tables, ignore_index=True),
        confusion_table(forecasts),
        COST_BPS,
    )
    figures = {
        "equity_figure": equity_figure(returns, only_returns),
        "monthly_figure": monthly_figure(monthly_table(returns, held)),
        "exposure_figure": exposure_figure(exposure_table(returns, held)),
        "costs_figure": costs_figure(judged.costs, COST_BPS),
        "assets_figure": assets_figure(judged.assets),
    }
    return judged, figures


def _of_studies(studies: Mapping[str, optuna.Study]) -> dict[str, go.Figure]:
    figures = {
        "convergence_figure": convergence_figure({one: best_so_far(study) for one, study in studies.items()}, METRIC),
        "comparison_figure": comparison_figure(complete_values(studies), fold_scores(studies), METRIC),
        "folds_figure": folds_figure(folds_table()),
    }
    for one, study in studies.items():
        figures |= {
            f"{one}.history_figure": history_figure(study, one),
            f"{one}.importance_figure": importance_figure(one, _importance(study)),
            f"{one}.slice_figure": slice_figure(study, one),
            f"{one}.parallel_figure": parallel_figure(study, one),
            f"{one}.pareto_figure": pareto_figure(study, one),
        }
    return figures


def _importance(study: optuna.Study) -> dict[str, Any]:
    """Equal shares: to judge them takes seconds."""
    names = list(study.trials[0].params) if study.trials else []
    shares = dict.fromkeys(names, 1 / max(len(names), 1))
    return {"study_name": study.study_name, "metric": METRIC, "n_trials": len(study.trials), "importance": shares}


def folds_table() -> pd.DataFrame:
    """Two folds with gaps before validation, and the holdout."""
    days = pd.date_range("2010-01-04", periods=400, tz="UTC")
    ranges = [
        *((0, "train", 0, 90), (0, "stop", 91, 110), (0, "validation", 111, 150)),
        *((1, "train", 0, 130), (1, "stop", 131, 150), (1, "validation", 151, 190)),
        *((-1, "search", 0, 190), (-1, "holdout", 191, 300)),
    ]
    return pd.DataFrame(
        [
            {
                **{"fold": fold, "role": role, "start_bar": start, "stop_bar": stop, "bars": stop - start},
                **{"first": days[start].isoformat(), "last": days[stop - 1].isoformat(), "embargo_bars": 1},
            }
            for fold, role, start, stop in ranges
        ]
    )
