"""Adapters between the catalog and the judgement of the holdout."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from trading_hpo.analysis.calibration import calibration
from trading_hpo.analysis.holdout import BASELINE_COLUMNS, HoldoutLook, baseline_returns, baselines, judge_holdout
from trading_hpo.analysis.holdout_assets import ASSET_COLUMNS, assets_of_all
from trading_hpo.analysis.holdout_costs import costs_table
from trading_hpo.analysis.holdout_periods import exposure_table, monthly_table
from trading_hpo.analysis.holdout_tables import confusion_table, yearly_table
from trading_hpo.analysis.references import against_reference
from trading_hpo.analysis.verdicts import verdicts
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.errors import MissingInputError, StaleInputError
from trading_hpo.families.family import TrainedModel
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.reporting.figures.holdout import JUDGE_IT, calibration_figure, equity_figure
from trading_hpo.reporting.figures.periods import assets_figure, costs_figure, exposure_figure, monthly_figure
from trading_hpo.reporting.figures.style import note
from trading_hpo.reporting.report import is_of, of_the_best, report_of
from trading_hpo.study.conditions import Conditions, check_terms
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.trial_ledger import searched_on

logger = logging.getLogger(__name__)

_NO_ASSETS = pd.DataFrame(columns=list(ASSET_COLUMNS))
_NO_FORECASTS = pd.DataFrame({"timestamp": pd.Series(dtype="datetime64[ns, UTC]")})


def look_at_holdout(
    network: TrainedModel | dict[str, Any],
    panels: KeptPanels,
    trial_ledger: Path,
    terms: dict[str, Any],
    backtest: BacktestConfig,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Judge a final network on its study's holdout; the result comes first, since saving it enters the look.

    Studies that were validated on bars of the holdout are named beside it.

    Raises:
        StaleInputError: The settings of this run are others than its study's, its data are not there, or it knows
            labels of the holdout.
    """
    if isinstance(network, dict):
        return network, _NO_FORECASTS, _NO_FORECASTS, _NO_ASSETS
    card = network.card
    if "conditions" not in card:
        raise StaleInputError(
            f"{card['model_type']}'s network is of an earlier version. Run `kedro run --pipeline retraining`."
        )
    check_terms(card["study_name"], card["terms"], terms)
    conditions = Conditions(card["study_name"], card["conditions"])
    panel = panels.open(conditions.panel_digest, conditions.study_name)
    _check_unseen(network, panel.timestamps[conditions.split.holdout.start].isoformat())
    what = (panel, conditions.split, conditions.longest_window, backtest, conditions.objectives)
    look: HoldoutLook = judge_holdout(network, *what)
    rows = panel.rows((conditions.split.holdout,), conditions.longest_window)
    if validated := searched_on(trial_ledger, panel, rows):
        logger.warning(
            "%s: bars of this holdout were validation bars of %d trials before: %s.",
            card["model_type"],
            sum(study["trials"] for study in validated),
            ", ".join(study["study_name"] for study in validated),
        )
    whose = {"data_key": conditions.data_key, **{name: card[name] for name in ("study_name", "trial_number")}}
    return {**look.result, **whose, "validated_before": validated}, look.forecasts, look.returns, look.assets


def _check_unseen(network: TrainedModel, begins: str) -> None:
    """Refuse to judge a model on bars that it was trained on, or chosen by.

    Raises:
        StaleInputError: The holdout begins before the last label that the model knows has ended.
    """
    card = network.card
    until = max(card["trained_until"], card["searched_until"])
    if until >= begins:
        raise StaleInputError(
            f"{card['model_type']} knows labels up to {until} (study {card['study_name']}), and the holdout begins on "
            f"{begins}: it would be judged on what it was trained on or chosen by. Run `kedro run`, which searches and "
            "trains anew."
        )


def judge_baselines(
    results: dict[str, dict[str, Any]], panels: KeptPanels, backtest: BacktestConfig
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Judge what every model must beat, on the same rows: those of the latest data that were searched.

    Raises:
        MissingInputError: Nothing was searched.
    """
    of_results = [Conditions(r["study_name"], r["conditions"]) for r in results.values() if r.get("conditions")]
    if not of_results:
        raise MissingInputError("There is no study to evaluate yet. Run `kedro run --pipeline hpo` first.")
    sharing = Counter(conditions.data_key for conditions in of_results)
    chosen = max(of_results, key=lambda own: (own.recorded["data"]["last"], sharing[own.data_key]))
    panel, split, window = panels.open(chosen.panel_digest, chosen.study_name), chosen.split, chosen.longest_window
    base = {**baselines(panel, split, window, backtest), "data_key": chosen.data_key}
    return base, baseline_returns(panel, split, window, backtest)


def compare_with_reference(
    refs: dict[str, StudyRef], results: dict[str, dict[str, Any]], base: dict[str, Any]
) -> dict[str, Any]:
    """Say of each network how much better it is than the best reference."""
    return against_reference(_studies(refs), _chosen(results), base["data_key"])


def _studies(refs: dict[str, StudyRef]) -> list[Any]:
    there = (ref.if_there() for ref in refs.values())
    return [study.open() for ref in there if ref.skipped is None for study in ref.begun()]


def _chosen(results: dict[str, dict[str, Any]]) -> dict[str, tuple[str, int]]:
    return {name: (own["study_name"], own["best"]["trial_number"]) for name, own in results.items() if own.get("best")}


def judge_verdicts(
    base: dict[str, Any],
    held: pd.DataFrame,
    validation: dict[str, Any],
    results: dict[str, dict[str, Any]],
    holdouts: dict[str, dict[str, Any]],
    returns: dict[str, pd.DataFrame],
) -> dict[str, dict[str, Any]]:
    """Say of each model type what its forecast and its money are worth beyond luck."""
    ours = {name: own for name, own in holdouts.items() if is_of(results.get(name, {}), own)}
    return verdicts(of_the_best(validation, results), ours, returns, held, base)


def make_report(
    base: dict[str, Any],
    results: dict[str, dict[str, Any]],
    holdouts: dict[str, dict[str, Any]],
    judged: dict[str, dict[str, Any]],
    compared: dict[str, Any],
    selection: dict[str, Any],
) -> dict[str, Any]:
    """Put the report together."""
    looks = [holdouts[model_type] for model_type in results]
    return report_of(list(results.values()), looks, base, judged, compared, of_the_best(selection, results))


def draw_calibration(model_type: str, forecasts: pd.DataFrame, result: dict[str, Any]) -> go.Figure:
    """Draw a model type's forecasts against what was observed."""
    if "skipped" in result:
        return note(f"Calibration of {model_type} on the holdout", result["skipped"], JUDGE_IT)
    target_kind = result["target_kind"]
    return calibration_figure(model_type, calibration(forecasts, target_kind), target_kind)


def draw_holdout(
    base: dict[str, Any], held: pd.DataFrame, holdouts: dict[str, dict[str, Any]], returns: dict[str, pd.DataFrame]
) -> go.Figure:
    """Draw wealth and drawdown of every model type that has looked, beside the baselines."""
    return equity_figure(_on_the_same_data(base, holdouts, returns), held[list(BASELINE_COLUMNS)])


def tabulate_holdout(
    base: dict[str, Any],
    held: pd.DataFrame,
    holdouts: dict[str, dict[str, Any]],
    returns: dict[str, pd.DataFrame],
    forecasts: dict[str, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return right and wrong calls, and every year of the holdout."""
    called = _on_the_same_data(base, holdouts, forecasts)
    earned = _on_the_same_data(base, holdouts, returns)
    years = yearly_table(earned, called, held[list(BASELINE_COLUMNS)], base["bars_per_year"])
    return confusion_table(called), years


def tabulate_trades(
    base: dict[str, Any],
    held: pd.DataFrame,
    holdouts: dict[str, dict[str, Any]],
    returns: dict[str, pd.DataFrame],
    backtest: BacktestConfig,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return months and exposure of the holdout, and what it would have been at other costs."""
    earned = _on_the_same_data(base, holdouts, returns)
    costs = costs_table(earned, held, backtest.cost_bps, base["bars_per_year"])
    return monthly_table(earned, held), exposure_table(earned, held), costs


def draw_trades(
    base: dict[str, Any],
    holdouts: dict[str, dict[str, Any]],
    assets: dict[str, pd.DataFrame],
    months: pd.DataFrame,
    exposure: pd.DataFrame,
    costs: pd.DataFrame,
    backtest: BacktestConfig,
) -> tuple[go.Figure, go.Figure, go.Figure, go.Figure]:
    """Draw months, exposure, costs and assets of the holdout."""
    return (
        monthly_figure(months),
        exposure_figure(exposure.assign(timestamp=pd.to_datetime(exposure["timestamp"], utc=True))),
        costs_figure(costs, backtest.cost_bps),
        assets_figure(assets_of_all(_on_the_same_data(base, holdouts, assets))),
    )


def _on_the_same_data(
    base: dict[str, Any], holdouts: dict[str, dict[str, Any]], tables: dict[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Tables of the model types that have looked at the baselines' holdout; the others' are empty, or of other bars."""
    return {name: tables[name] for name, own in holdouts.items() if own.get("data_key") == base["data_key"]}
