"""What the trials of all model types on the same bars say together: how alike they are, and what the best is worth."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from trading_hpo.analysis.kept_trials import KeptTrials, Tried
from trading_hpo.overfitting.backtest_overfitting import TooFew, overfitting_probability
from trading_hpo.overfitting.effective_trials import effective_trials
from trading_hpo.overfitting.reality_check import reality_check, superior_predictive_ability
from trading_hpo.overfitting.sharpe import Moments
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
        sharpes: Of the active returns of complete trials, in standard errors: of the ledger, or of the series where it
            knows fewer than two.
        found: What is said of all of them: ``overfitting``, ``reality_check``.
    """

    n_tried: int
    n_series: int
    n_effective: int | None
    sharpes: Sequence[float]
    found: Mapping[str, dict[str, Any]]

    @staticmethod
    def of(kept: Sequence[KeptTrials], tried: Tried) -> "Together":
        """Judge trials by their active returns.

        **Looks ahead:** label only, to judge.

        Args:
            kept: Of the studies on the same bars; series of another length than most have are left out.
            tried: All on these bars.
        """
        active = {trial: own for one in kept for trial, own in one.active.items()}
        series = _varying(list(active.values()))
        # Winners alone would look overfit: of a study that keeps the series of its best, the sample stands for all.
        thinned = [one for one in kept if one.sampled is not None]
        left_out = {trial for one in thinned for trial in one.active if trial not in (one.sampled or ())}
        for_all = _varying([own for trial, own in active.items() if trial not in left_out]) if left_out else series
        horizon_bars = kept[0].horizon_bars
        some = series[:: -(-len(series) // MOST_CLUSTERED) or 1]
        return Together(
            max(tried.n_trials, len(active)),
            len(some),
            effective_trials(some) if len(some) > 1 else None,
            tried.sharpes if len(tried.sharpes) > 1 else _sharpes_of(series),
            {"overfitting": _overfitting(for_all), "reality_check": _reality_check(series, horizon_bars)},
        )


def _varying(series: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, "N T"]:
    """Return the series that vary, of those that are as long as most."""
    if not series:
        return np.zeros((0, 0))
    (length, _), *_ = Counter(map(len, series)).most_common(1)
    alike = np.array([one for one in series if len(one) == length])
    return alike[varies(alike)]


def _sharpes_of(series: Float[np.ndarray, "N T"]) -> list[float]:
    found = (Moments.of(one).sharpe_in_errors for one in series)
    return [ratio for ratio in found if ratio is not None]


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
