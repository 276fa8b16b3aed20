"""What positions that end at a barrier lost or gained by being closed at the close of the bar that touched it."""

from typing import Any

import numpy as np
from jaxtyping import Int

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.judgement import rule_for
from trading_hpo.tasks.positions.hold_to_touch import HoldToTouch
from trading_hpo.tasks.positions.rule import KnownRows
from trading_hpo.tasks.task import Decision, Forecast
from trading_hpo.types import Panel


def touches(
    panel: Panel, rows: Int[np.ndarray, " N"], forecast: Forecast, decision: Decision, config: BacktestConfig
) -> dict[str, Any]:
    """Return how many positions a touch has ended, and how far from the barrier's price in the mean.

    **Looks ahead:** at the holdout's prices, to judge; the forecast is final.

    Args:
        panel: The data.
        rows: That were traded.
        forecast: Of the rows.
        decision: Made elsewhere.
        config: The position rule.

    Returns:
        ``touches``: the number of ``positions``, of those that were ``touched``, and over these the
        ``mean_difference`` between close and barrier as a share of the barrier's price, positive where the close was
        the better one. Empty where no rule waits for a touch, or the loss has learned the positions.
    """
    rule = rule_for(panel, config)
    if not isinstance(rule, HoldToTouch) or forecast.position is not None:
        return {}
    trades = list(rule.trades(forecast, decision, KnownRows.of(panel, rows, rule.reads)))
    beyond = [trade.beyond_barrier for trade in trades if trade.beyond_barrier is not None]
    mean = float(np.mean(beyond)) if beyond else None
    return {"touches": {"positions": len(trades), "touched": len(beyond), "mean_difference": mean}}
