"""Is the chosen configuration luck? The statistics of selection bias, of each model type's choice.

All are of *active* returns: net returns less mean exposure times what the constant forecast earns, since on raw ones
whoever is mostly long in a market that rises looks skilled. Raw values stand beside them. N are all trials that the
ledger knows on these bars, of all studies; the returns are those that the studies have kept.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from trading_hpo.analysis.forecast_losses import forecast_losses
from trading_hpo.analysis.kept_trials import KeptTrials, Trial, Tried
from trading_hpo.analysis.trials_together import Together
from trading_hpo.metrics.active import SAME_EARNED
from trading_hpo.overfitting.sharpe import (
    LEVEL,
    Moments,
    deflated_sharpe,
    expected_best_sharpe,
    minimum_backtest_length,
    minimum_track_record,
    probabilistic_sharpe,
    spread_of_sharpes,
)


def selection_statistics(
    kept: Mapping[str, KeptTrials], chosen: Mapping[str, Trial], tried: Mapping[str, Tried]
) -> dict[str, dict[str, Any]]:
    """Return what may be said of each model type's chosen configuration, given all trials on the same bars.

    **Looks ahead:** label only; all was earned on validation.

    Args:
        kept: Of all studies that were searched, each phase of a search with them.
        chosen: The best configuration of each model type.
        tried: Of ``tried_on``.

    Returns:
        By model type, Sharpe ratios annualised: ``study_name``, ``trial_number``; ``own``: of its returns;
        ``overfitting`` and ``reality_check``: of all trials on its bars; ``forecast``: of its losses. What cannot be
        said has ``why``.

    Source: Bailey and Lopez de Prado (2012), The Sharpe Ratio Efficient Frontier; (2014), The Deflated Sharpe Ratio;
    Bailey, Borwein, Lopez de Prado and Zhu (2014), Pseudo-Mathematics and Financial Charlatanism; (2017), The
    Probability of Backtest Overfitting.
    """
    there = {model_type: trial for model_type, trial in chosen.items() if trial[0] in kept}
    together = {
        key: _together(key, kept, tried[key])
        for key in dict.fromkeys(kept[name].data_key for name, _ in there.values())
    }
    return {
        model_type: {
            "study_name": trial[0],
            "trial_number": trial[1],
            "own": _own(trial, kept[trial[0]], together[kept[trial[0]].data_key]),
            **together[kept[trial[0]].data_key].found,
            "forecast": forecast_losses(model_type, there, kept),
        }
        for model_type, trial in there.items()
    }


def _together(key: str, kept: Mapping[str, KeptTrials], tried: Tried) -> Together:
    return Together.of([own for own in kept.values() if own.data_key == key], tried)


def _own(trial: Trial, kept: KeptTrials, others: Together) -> dict[str, Any]:
    if trial not in kept.active:
        return {"why": "its returns are not kept"}
    active, net, per_year = Moments.of(kept.active[trial]), Moments.of(kept.net[trial]), kept.bars_per_year
    return {
        "bars": active.count,
        "years": active.count / per_year,
        "sharpe": _a_year(net.sharpe, per_year),
        "probabilistic": probabilistic_sharpe(net),
        "active": {"why": SAME_EARNED.why} if active.sharpe is None else _active(active, per_year, others),
    }


def _active(moments: Moments, per_year: float, others: Together) -> dict[str, Any]:
    sharpe = _a_year(moments.sharpe, per_year)
    assert sharpe is not None
    bars = minimum_track_record(moments, level=LEVEL)
    spread = spread_of_sharpes(others.sharpes, moments.count)
    return {
        "sharpe": sharpe,
        "probabilistic": probabilistic_sharpe(moments),
        "level": LEVEL,
        "deflated": _deflated(moments, others.n_tried, spread, per_year),
        "effective": None
        if others.n_effective is None
        else {"n_series": others.n_series, **_deflated(moments, others.n_effective, spread, per_year)},
        "track_record_bars": bars,
        "track_record_years": None if bars is None else bars / per_year,
        "backtest_years": minimum_backtest_length(others.n_tried, sharpe) if sharpe > 0 else None,
    }


def _deflated(moments: Moments, n_trials: int, spread: float, per_year: float) -> dict[str, Any]:
    best = expected_best_sharpe(n_trials, spread)
    bars = bars_to_settle(moments, best)
    return {
        "n_trials": n_trials,
        "probability": deflated_sharpe(moments, n_trials, spread),
        "expected_best": _a_year(best, per_year),
        "years": None if bars is None else bars / per_year,
    }


def bars_to_settle(moments: Moments, expected_best: float, level: float = LEVEL) -> float | None:
    """Return how many bars would give a deflated Sharpe ratio of ``level``, were the Sharpe ratio to stay what it is.

    What the best of many trials without skill shows falls with the root of the bars, as the spread of their Sharpe
    ratios does where they differ by chance alone. So with s for the Sharpe ratio and b for the expected best over T
    bars, the bars T' are those where s (T' - 1)^(1/2) is b (T - 1)^(1/2) above what it must be against 0.

    **Looks ahead:** never.

    Args:
        moments: Of the active returns.
        expected_best: Of the trials, per bar, over as many bars.
        level: Probability.

    Returns:
        None where the Sharpe ratio is not above 0: no number of bars would.

    Source: equation 11 of Bailey and Lopez de Prado (2012), with a benchmark that falls.

    Example:
        >>> moments = Moments.of(np.tile([0.012, -0.010], 500))
        >>> settled = bars_to_settle(moments, 0.02)
        >>> round(minimum_track_record(moments)), round(settled)
        (329, 629)
    """
    against_zero = minimum_track_record(moments, level=level)
    if against_zero is None or moments.sharpe is None:
        return None
    above = expected_best * np.sqrt(moments.count - 1) / moments.sharpe
    return float(1 + (np.sqrt(against_zero - 1) + above) ** 2)


def _a_year(sharpe: float | None, per_year: float) -> float | None:
    return None if sharpe is None else float(sharpe * np.sqrt(per_year))
