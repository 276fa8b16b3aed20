"""What the trials of all model types on the same bars say together: how alike they are, and what the best is worth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from trading_hpo.analysis.kept_trials import Trial, Tried
from trading_hpo.overfitting.backtest_overfitting import TooFew, overfitting_probability
from trading_hpo.overfitting.effective_trials import effective_trials
from trading_hpo.overfitting.reality_check import reality_check, superior_predictive_ability
from trading_hpo.overfitting.stationary_bootstrap import FEWEST_BARS, block_length, varies

N_RESAMPLES = 1_000
MOST_CLUSTERED = 2_000  # series: all pairs of them take 32 MB for each copy
_WIDTH, _FARTHEST = 0.5, 6.0  # of the bins of logits; from 400 trials on a rank may lie beyond


@dataclass(frozen=True)
class Together:
    """The trials on the same bars.

    Attributes:
        n_tried: All that the ledger knows, those without a series with them.
        n_series: Those whose active returns vary, on all bars; of very many every second, third, and so on.
        n_effective: How many different ones these are; none where there is nothing to cluster.
        spread: Standard deviation of the Sharpe ratios per bar, of complete trials of the ledger.
        found: What is said of all of them: ``overfitting``, ``reality_check``.
    """

    n_tried: int
    n_series: int
    n_effective: int | None
    spread: float
    found: Mapping[str, dict[str, Any]]

    @staticmethod
    def of(active: Mapping[Trial, Float[np.ndarray, " T"]], horizon_bars: int, tried: Tried) -> "Together":
        """Judge trials by their active returns.

        **Looks ahead:** label only, to judge.

        Args:
            active: Of each trial that has some, on the same bars; those of another length than most have are left out.
            horizon_bars: Of the labels.
            tried: All on these bars.
        """
        series = _of_one_length(list(active.values()))
        series = series[varies(series)]
        some = series[:: -(-len(series) // MOST_CLUSTERED) or 1]
        return Together(
            max(tried.n_trials, len(active)),
            len(some),
            effective_trials(some) if len(some) > 1 else None,
            _spread(tried.sharpe_ratios, series),
            {"overfitting": _overfitting(series), "reality_check": _reality_check(series, horizon_bars)},
        )


def _of_one_length(series: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, "N T"]:
    if not series:
        return np.zeros((0, 0))
    (length, _), *_ = Counter(map(len, series)).most_common(1)
    return np.array([one for one in series if len(one) == length])


def _spread(ratios: Sequence[float] | Float[np.ndarray, " N"], series: Float[np.ndarray, "N T"]) -> float:
    """Return the spread of Sharpe ratios: of the ledger, or of the series where it knows fewer than two."""
    if len(ratios) < 2 and len(series) > 1:
        ratios = series.mean(axis=1) / series.std(axis=1, ddof=1)
    return float(np.std(ratios, ddof=1)) if len(ratios) > 1 else 0.0


def _overfitting(series: Float[np.ndarray, "N T"]) -> dict[str, Any]:
    found = overfitting_probability(series)
    if isinstance(found, TooFew):
        return {"why": found.why}
    edges = np.arange(-_FARTHEST, _FARTHEST + _WIDTH / 2, _WIDTH)
    # A logit of 0 counts as overfit: bins are open to the left and closed to the right.
    places = np.ceil((np.clip(found.logits, -_FARTHEST, _FARTHEST) + _FARTHEST) / _WIDTH).astype(int) - 1
    counts = np.bincount(np.maximum(places, 0), minlength=len(edges) - 1)
    return {
        "probability": found.probability,
        "n_trials": found.n_trials,
        "n_bars": found.n_bars,
        "n_blocks": found.n_blocks,
        "n_splits": len(found.logits),
        "edges": edges.tolist(),
        "counts": counts.tolist(),
    }


def _reality_check(series: Float[np.ndarray, "N T"], horizon_bars: int) -> dict[str, Any]:
    if not len(series):
        return {"why": "no trial has active returns that vary"}
    n_bars = series.shape[1]
    if n_bars < FEWEST_BARS:
        return {"why": f"{n_bars} bars are too few: {FEWEST_BARS} are needed"}
    best = series[int(series.mean(axis=1).argmax())]
    length = block_length(best, horizon_bars)
    superior = superior_predictive_ability(series, length, N_RESAMPLES)
    return {
        "p_value": reality_check(series, length, N_RESAMPLES),
        "superior": {"lower": superior.lower, "consistent": superior.consistent, "upper": superior.upper},
        "n_series": len(series),
        "block_bars": length,
    }
