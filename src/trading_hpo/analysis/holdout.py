"""What the sealed holdout says about a final network, and the forecasts it must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.analysis.holdout_assets import asset_table
from trading_hpo.analysis.holdout_errors import Errors, standard_errors
from trading_hpo.analysis.holdout_ledger import look_of
from trading_hpo.analysis.holdout_touches import touches
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.block_scores import forecast_metric
from trading_hpo.families.family import TrainedModel
from trading_hpo.families.judged_paths import JudgedPath
from trading_hpo.families.judgement import (
    Judgement,
    buy_and_hold,
    called_by,
    judge,
    judge_constant,
    traded_constant,
)
from trading_hpo.families.regime_scores import Scale, regime_scores
from trading_hpo.families.traded import POSITIONS_OF, traded_as
from trading_hpo.market.regimes import regimes_of
from trading_hpo.metrics.compute import forecast_value
from trading_hpo.metrics.registry import METRICS
from trading_hpo.splits.folds import Split
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Forecast
from trading_hpo.types import BarRange, Panel

BASELINE_COLUMNS = ("timestamp", "buy_and_hold", "constant_forecast")  # of ``baseline_returns``: what was returned


@dataclass(frozen=True)
class HoldoutLook:
    """What one look at the holdout showed.

    Attributes:
        result: Metrics, their standard errors, and how to count the look.
        forecasts: ``timestamp, asset, forecast, called, truth, target``, one row per sample; a forecast is a
            probability or a number in the target's units.
        returns: ``timestamp, net_return, turnover, exposure``, one row per bar, dated by the bar at whose close the
            return was earned; turnover and exposure are shares of the capital, negative exposure is sold short.
        assets: Of ``asset_table``: what each asset brought.
    """

    result: dict[str, Any]
    forecasts: pd.DataFrame
    returns: pd.DataFrame
    assets: pd.DataFrame


def judge_holdout(
    network: TrainedModel,
    panel: Panel,
    split: Split,
    window_bars: int,
    backtest: BacktestConfig,
    objectives: Sequence[str] = (),
) -> HoldoutLook:
    """Judge a final network on the holdout and say how to count the look.

    **Looks ahead:** at the holdout's labels, to judge; the network is final.

    Args:
        network: With the decision of its latest rows before the holdout.
        panel: The data.
        split: Gives the holdout.
        window_bars: Longest window of the search, so that all model types are judged on the same rows.
        backtest: Costs and positions; a rule that the network's trial has chosen goes before the one here, by which the
            constant forecast is traded all the same.
        objectives: Of the study: the first that judges a forecast is compared with the constant one's.
    """
    benchmark, backtest = backtest, traded_as(network.card, backtest)
    traded = panel.windowed_rows((split.holdout,), window_bars)
    labelled, decision = panel.labelled[traded], network.decision
    forecast = network.forecast(panel, traded)
    assets = asset_table(panel, traded, forecast, decision, backtest)
    closed = touches(panel, traded, forecast, decision, backtest)
    constant = traded_constant(panel, traded, split.search_rows(panel, window_bars), benchmark)
    judged = judge(panel, traded, forecast, decision, backtest, constant, judged=labelled)
    rows, forecast = traded[labelled], called_by(forecast.at(labelled), decision)
    metric = forecast_metric(objectives, task_of(panel.label).objective)
    errors = standard_errors(judged, metric, panel.horizon_bars, backtest.regression_weight)
    scale = Scale(metric, backtest.regression_weight, panel.bars_per_year, panel.horizon_bars)
    result = {
        "metrics": judged.metrics,
        "no_value": judged.no_value,
        "standard_errors": errors.of_metrics,
        "degrees_of_freedom": errors.degrees_of_freedom,
        "forecast_test": forecast_test(judged, metric, errors, backtest.regression_weight),
        "regimes": regime_scores(regimes_of(panel), [_path(rows, judged)], scale, with_errors=True),
        "samples": len(rows),
        "first": panel.timestamps[judged.bars[0]].isoformat(),
        "last": panel.timestamps[judged.bars[-1]].isoformat(),
        "target_kind": "number" if task_of(panel.label).target_kind == "number" else "class",  # of the first target
        "look": look_of(network, panel, rows, judged.returns),
        **closed,
        **({POSITIONS_OF: network.card[POSITIONS_OF]} if POSITIONS_OF in network.card else {}),
    }
    return HoldoutLook(result, _forecasts(panel, rows, forecast), _returns(panel, judged), assets)


def _path(rows: Int[np.ndarray, " N"], judged: Judgement) -> JudgedPath:
    assert judged.judged is not None
    return JudgedPath(rows, judged.judged, judged.bars, judged.returns)


def forecast_test(judged: Judgement, metric: str, errors: Errors, regression_weight: float) -> dict[str, Any]:
    """Return whether the forecast is better than the constant one: a one-sided test of their difference."""
    seen, error = judged.judged, errors.of_excess
    assert seen is not None
    assert seen.constant is not None
    own, constant = judged.metrics[metric], forecast_value(metric, seen.constant, seen.targets, regression_weight)
    test = {"metric": metric, "value": own, "constant": constant, "standard_error": error, "p_value": None}
    if own is None or constant is None or not error:
        return test
    from scipy.special import stdtr

    better = (own - constant) * (-1.0 if METRICS[metric].direction == "minimize" else 1.0)
    return {**test, "p_value": float(stdtr(errors.degrees_of_freedom, -better / error))}


def _forecasts(panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast) -> pd.DataFrame:
    targets = panel.target[rows]
    return pd.DataFrame(
        {
            "timestamp": panel.timestamps[panel.bar[rows]],
            "asset": np.asarray(panel.assets)[panel.asset[rows]],
            "forecast": forecast.expected,
            "called": forecast.called,
            "truth": task_of(panel.label).truth(targets),
            "target": targets[:, 0],
        }
    )


def _returns(panel: Panel, judged: Judgement) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "timestamp": _earned_on(panel, judged),
            "net_return": judged.returns,
            "turnover": judged.traded.turnover,
            "exposure": judged.exposure,
        }
    )


def _earned_on(panel: Panel, judged: Judgement) -> pd.DatetimeIndex:
    """Return when each return was earned: it reaches from the close of its own bar to that of the next."""
    return panel.timestamps[judged.bars + 1]


def baselines(panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig) -> dict[str, Any]:
    """Return what a constant forecast and buy-and-hold reach on every validation and on the holdout.

    The constant is the majority class of the rows that a model would have been trained on.

    **Looks ahead:** label only, to judge; the constants come from the rows before.
    """
    folds = [
        {
            "fold": fold.number,
            **_both(
                panel,
                split.rows(panel, fold, "train", window_bars),
                split.rows(panel, fold, "validation", window_bars),
                backtest,
                panel.windowed_rows(fold.validation, window_bars),
                fold.validation,
            ),
        }
        for fold in split.folds
    ]
    before, traded = split.search_rows(panel, window_bars), panel.windowed_rows((split.holdout,), window_bars)
    rows = traded[panel.labelled[traded]]
    validated = np.concatenate([panel.windowed_rows(fold.validation, window_bars) for fold in split.folds])
    return {
        "bars_per_year": panel.bars_per_year,
        "horizon_bars": panel.horizon_bars,
        "dates": {"validation": _dates(panel, validated), "holdout": _dates(panel, traded)},
        "folds": folds,
        "validation": {
            name: _means([fold[name] for fold in folds], [fold.paths for fold in split.folds])
            for name in ("constant_forecast", "buy_and_hold")
        },
        "holdout": _both(panel, before, rows, backtest, traded),
    }


def baseline_returns(panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig) -> pd.DataFrame:
    """Return the net return per holdout bar of buy-and-hold, and of trading a constant forecast.

    **Looks ahead:** label only, to judge; the constant is the majority of the rows before the holdout.

    Returns:
        ``timestamp, buy_and_hold, constant_forecast``, dated by the bar at whose close a return was earned; what the
        constant forecast traded and held, as of ``HoldoutLook``, in ``constant_forecast_turnover`` and
        ``constant_forecast_exposure``; and what active returns are taken from, in ``benchmark`` and
        ``benchmark_exposure``. Buy-and-hold trades on the first bar only and holds the whole capital.
    """
    before, rows = split.search_rows(panel, window_bars), panel.windowed_rows((split.holdout,), window_bars)
    held = buy_and_hold(panel, rows, backtest)
    always = traded_constant(panel, rows, before, backtest)
    return pd.DataFrame(
        {
            "timestamp": _earned_on(panel, held),
            "buy_and_hold": held.returns,
            "constant_forecast": always.traded.net,
            "constant_forecast_turnover": always.traded.turnover,
            "constant_forecast_exposure": always.traded.exposure,
            "benchmark": always.benchmark.net,
            "benchmark_exposure": always.benchmark.exposure,
        }
    )


def _dates(panel: Panel, rows: Int[np.ndarray, " N"]) -> list[str]:
    """Return the first and the last moment of some rows."""
    return [panel.timestamps[end].isoformat() for end in (panel.bar[rows].min(), panel.bar[rows].max())]


def _both(
    panel: Panel,
    train: Int[np.ndarray, " N"],
    judged: Int[np.ndarray, " N"],
    backtest: BacktestConfig,
    traded: Int[np.ndarray, " N"],
    ranges: Sequence[BarRange] = (),
) -> dict[str, Any]:
    labelled = np.isin(traded, judged)
    return {
        "constant_forecast": judge_constant(panel, traded, train, backtest, ranges, labelled).metrics,
        "buy_and_hold": buy_and_hold(panel, traded, backtest, ranges).metrics,
    }


def _means(of_folds: Sequence[dict[str, float | None]], paths: Sequence[Sequence[int]]) -> dict[str, float | None]:
    return {name: mean_over_paths([fold[name] for fold in of_folds], paths) for name in of_folds[0]}
