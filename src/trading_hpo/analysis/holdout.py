"""What the sealed holdout says about a final network, and the forecasts it must beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int

from trading_hpo.analysis.holdout_ledger import look_of
from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import TrainedModel
from trading_hpo.families.judgement import Judgement, buy_and_hold, constant_forecast, forecast_metrics, judge
from trading_hpo.splits.folds import Split
from trading_hpo.splits.paths import mean_over_paths
from trading_hpo.study.conditions import panel_digest
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import BarRange, Panel


@dataclass(frozen=True)
class HoldoutLook:
    """What one look at the holdout showed.

    Attributes:
        result: Metrics, their standard errors, and how to count the look.
        forecasts: ``timestamp, asset, forecast, called, truth, target``, one row per sample; a forecast is a
            probability or a number in the target's units.
        returns: ``timestamp, net_return``, one row per bar.
    """

    result: dict[str, Any]
    forecasts: pd.DataFrame
    returns: pd.DataFrame


def judge_holdout(
    network: TrainedModel, panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig
) -> HoldoutLook:
    """Judge a final network on the holdout and say how to count the look.

    **Looks ahead:** at the holdout's labels, to judge; the network is final.

    Args:
        network: With the decision of its latest rows before the holdout.
        panel: The data.
        split: Gives the holdout.
        window_bars: Longest window of the search, so that all model types are judged on the same rows.
        backtest: Costs and positions.
    """
    rows = panel.rows((split.holdout,), window_bars)
    forecast, decision = network.forecast(panel, rows), network.decision
    constant = constant_forecast(panel, rows, split.search_rows(panel, window_bars))
    judged = judge(panel, rows, forecast, decision, backtest, constant)
    result = {
        "metrics": judged.metrics,
        "standard_errors": _standard_errors(panel, rows, forecast, decision, backtest, len(split.folds), constant),
        "samples": len(rows),
        "first": panel.timestamps[judged.bars[0]].isoformat(),
        "last": panel.timestamps[judged.bars[-1]].isoformat(),
        "target_kind": task_of(panel.label).target_kind,
        "look": look_of(network, panel, rows, judged.returns),
    }
    return HoldoutLook(result, _forecasts(panel, rows, forecast, decision), _returns(panel, judged))


def _forecasts(panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision) -> pd.DataFrame:
    targets = panel.target[rows]
    return pd.DataFrame(
        {
            "timestamp": panel.timestamps[panel.bar[rows]],
            "asset": np.asarray(panel.assets)[panel.asset[rows]],
            "forecast": forecast.expected,
            "called": decision.calls(forecast),
            "truth": task_of(panel.label).truth(targets),
            "target": targets[:, 0],
        }
    )


def _returns(panel: Panel, judged: Judgement) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": panel.timestamps[judged.bars], "net_return": judged.returns})


def _standard_errors(
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    forecast: Forecast,
    decision: Decision,
    backtest: BacktestConfig,
    n_blocks: int,
    constant: tuple[Forecast, Decision],
) -> dict[str, float | None]:
    """Standard error of every metric's mean over consecutive blocks of bars, as many as there are folds.

    Rows of one bar, and of neighbouring bars, move together: a single number over thousands of rows looks surer
    than it is.
    """
    bar = panel.bar[rows]
    bars_judged = np.unique(bar)
    edges = np.array_split(bars_judged, min(max(n_blocks, 2), len(bars_judged)))
    blocks = []
    for bars in edges:
        own = (bar >= bars[0]) & (bar <= bars[-1])
        one = judge(panel, rows[own], forecast.at(own), decision, backtest, (constant[0].at(own), constant[1]))
        blocks.append(one.metrics)
    errors: dict[str, float | None] = {}
    for name in blocks[0]:
        values = [block[name] for block in blocks]
        known = [value for value in values if value is not None]
        errors[name] = float(np.std(known, ddof=1) / np.sqrt(len(known))) if len(known) == len(blocks) > 1 else None
    return errors


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
                fold.validation,
            ),
        }
        for fold in split.folds
    ]
    before, holdout = split.search_rows(panel, window_bars), panel.rows((split.holdout,), window_bars)
    return {
        "panel_digest": panel_digest(panel),
        "folds": folds,
        "validation": {
            name: _means([fold[name] for fold in folds], [fold.paths for fold in split.folds])
            for name in ("constant_forecast", "buy_and_hold")
        },
        "holdout": _both(panel, before, holdout, backtest),
    }


def baseline_returns(panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig) -> pd.DataFrame:
    """Return the net return per holdout bar of buy-and-hold, and of trading a constant forecast.

    **Looks ahead:** label only, to judge; the constant is the majority of the rows before the holdout.

    Returns:
        ``timestamp, buy_and_hold, constant_forecast``.
    """
    before, rows = split.search_rows(panel, window_bars), panel.rows((split.holdout,), window_bars)
    held = buy_and_hold(panel, rows, backtest)
    called = judge(panel, rows, *constant_forecast(panel, rows, before), backtest)
    return pd.DataFrame(
        {
            "timestamp": panel.timestamps[held.bars],
            "buy_and_hold": held.returns,
            "constant_forecast": called.returns,
        }
    )


def _both(
    panel: Panel,
    train: Int[np.ndarray, " N"],
    judged: Int[np.ndarray, " N"],
    backtest: BacktestConfig,
    ranges: Sequence[BarRange] = (),
) -> dict[str, Any]:
    constant = constant_forecast(panel, judged, train)
    return {
        "constant_forecast": forecast_metrics(panel, judged, *constant, backtest),
        "buy_and_hold": buy_and_hold(panel, judged, backtest, ranges).metrics,
    }


def _means(of_folds: Sequence[dict[str, float | None]], paths: Sequence[Sequence[int]]) -> dict[str, float | None]:
    return {name: mean_over_paths([fold[name] for fold in of_folds], paths) for name in of_folds[0]}
