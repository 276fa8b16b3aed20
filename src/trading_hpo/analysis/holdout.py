"""What the sealed holdout says about a final network, and the forecasts it must beat."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import TrainedModel
from trading_hpo.families.judgement import Judgement, buy_and_hold, constant_forecast, judge, majority_of, truth_of
from trading_hpo.splits.folds import Split
from trading_hpo.study.conditions import panel_digest
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
        network: With the threshold of its latest rows before the holdout.
        panel: The data.
        split: Gives the holdout.
        window_bars: Longest window of the search, so that all model types are judged on the same rows.
        backtest: Costs and positions.
    """
    rows = panel.rows((split.holdout,), window_bars)
    score = network.score(panel, rows)
    judged = judge(panel, rows, score, network.threshold, backtest, network.unit)
    result = {
        "metrics": judged.metrics,
        "standard_errors": _standard_errors(network, panel, rows, score, backtest, len(split.folds)),
        "samples": len(rows),
        "first": panel.timestamps[judged.bars[0]].isoformat(),
        "last": panel.timestamps[judged.bars[-1]].isoformat(),
        "task": panel.task,
        "look": _look(network, panel, split.holdout),
    }
    return HoldoutLook(result, _forecasts(network, panel, rows, score), _returns(panel, judged))


def _forecasts(
    network: TrainedModel, panel: Panel, rows: Int[np.ndarray, " N"], score: Float[np.ndarray, " N"]
) -> pd.DataFrame:
    asset, bar = np.divmod(rows, panel.n_bars)
    return pd.DataFrame(
        {
            "timestamp": panel.timestamps[bar],
            "asset": np.asarray(panel.assets)[asset],
            "forecast": network.forecast(score),
            "called": score > network.threshold,
            "truth": truth_of(panel, rows),
            "target": panel.target.ravel()[rows],
        }
    )


def _returns(panel: Panel, judged: Judgement) -> pd.DataFrame:
    return pd.DataFrame({"timestamp": panel.timestamps[judged.bars], "net_return": judged.returns})


def _standard_errors(
    network: TrainedModel,
    panel: Panel,
    rows: Int[np.ndarray, " N"],
    score: Float[np.ndarray, " N"],
    backtest: BacktestConfig,
    n_blocks: int,
) -> dict[str, float | None]:
    """Standard error of every metric's mean over consecutive blocks of bars, as many as there are folds.

    Rows of one bar, and of neighbouring bars, move together: a single number over thousands of rows looks surer
    than it is.
    """
    bar = rows % panel.n_bars
    bars_judged = np.unique(bar)
    edges = np.array_split(bars_judged, min(max(n_blocks, 2), len(bars_judged)))
    blocks = []
    for bars in edges:
        own = (bar >= bars[0]) & (bar <= bars[-1])
        blocks.append(judge(panel, rows[own], score[own], network.threshold, backtest, network.unit).metrics)
    errors: dict[str, float | None] = {}
    for name in blocks[0]:
        values = [block[name] for block in blocks]
        known = [value for value in values if value is not None]
        errors[name] = float(np.std(known, ddof=1) / np.sqrt(len(known))) if len(known) == len(blocks) > 1 else None
    return errors


def _look(network: TrainedModel, panel: Panel, holdout: BarRange) -> dict[str, Any]:
    """A look's key is its configuration and its data; repeating it shows nothing new."""
    what = {
        "model_type": network.card["model_type"],
        "params": network.card["params"],
        "settings": network.card.get("settings"),
        "label": panel.label_kind,
        "horizon_bars": panel.horizon_bars,
        "features": list(panel.feature_names),
        "assets": list(panel.assets),
        "first": panel.timestamps[holdout.start].isoformat(),
        "last": panel.timestamps[holdout.stop - 1].isoformat(),
    }
    key = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"key": key, "time": now, "study_name": network.card.get("study_name"), **what}


def baselines(panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig) -> dict[str, Any]:
    """Return what a constant forecast and buy-and-hold reach on every validation and on the holdout.

    The constant is the majority class of the rows that a model would have been trained on.

    **Looks ahead:** label only, to judge; the constants come from the rows before.
    """
    folds = [
        {
            "fold": fold.number,
            **_both(panel, panel.rows(fold.train, window_bars), panel.rows(fold.validation, window_bars), backtest),
        }
        for fold in split.folds
    ]
    before, holdout = panel.rows((split.search,), window_bars), panel.rows((split.holdout,), window_bars)
    return {
        "panel_digest": panel_digest(panel),
        "folds": folds,
        "validation": {name: _means([fold[name] for fold in folds]) for name in ("constant_forecast", "buy_and_hold")},
        "holdout": _both(panel, before, holdout, backtest),
    }


def baseline_returns(panel: Panel, split: Split, window_bars: int, backtest: BacktestConfig) -> pd.DataFrame:
    """Return the net return per holdout bar of buy-and-hold, and of trading a constant forecast.

    **Looks ahead:** label only, to judge; the constant is the majority of the rows before the holdout.

    Returns:
        ``timestamp, buy_and_hold, constant_forecast``.
    """
    before, rows = panel.rows((split.search,), window_bars), panel.rows((split.holdout,), window_bars)
    constant = np.full(len(rows), float(majority_of(panel, before)))
    held, called = buy_and_hold(panel, rows, backtest), judge(panel, rows, constant, 0.5, backtest)
    return pd.DataFrame(
        {
            "timestamp": panel.timestamps[held.bars],
            "buy_and_hold": held.returns,
            "constant_forecast": called.returns,
        }
    )


def _both(
    panel: Panel, train: Int[np.ndarray, " N"], judged: Int[np.ndarray, " N"], backtest: BacktestConfig
) -> dict[str, Any]:
    return {
        "constant_forecast": constant_forecast(panel, judged, train, backtest),
        "buy_and_hold": buy_and_hold(panel, judged, backtest).metrics,
    }


def _means(of_folds: Sequence[dict[str, float | None]]) -> dict[str, float | None]:
    return {
        name: None if any(f[name] is None for f in of_folds) else float(np.mean([f[name] for f in of_folds]))
        for name in of_folds[0]
    }
