"""Statistics of selection bias as the analysis makes them, of any outcome."""

from typing import Any

import numpy as np

TOO_FEW = {"why": "PBO needs at least 20 trials whose returns vary; there are 8."}


def selection_of(
    study_name: str = "daily.mlp",
    trial_number: int = 4,
    *,
    sharpe: float = 0.8,
    deflated: float = 0.41,
    n_trials: int = 48,
    years: float | None = 16.2,
    overfitting: bool = True,
) -> dict[str, Any]:
    """Return the statistics of one model type."""
    return {
        "study_name": study_name,
        "trial_number": trial_number,
        "own": {
            **{"bars": 1310, "years": 5.2, "sharpe": 1.1, "probabilistic": 0.98},
            "active": {
                **{"sharpe": sharpe, "probabilistic": 0.79, "level": 0.95},
                "deflated": {"n_trials": n_trials, "probability": deflated, "expected_best": 0.9, "years": years},
                "effective": {
                    **{"n_series": 40, "n_trials": 6, "probability": 0.71, "expected_best": 0.5, "years": 9.0}
                },
                **{"track_record_bars": 1865.2, "track_record_years": 7.4, "backtest_years": 6.1},
            },
        },
        "overfitting": overfitting_of() if overfitting else TOO_FEW,
        "reality_check": {
            "p_value": 0.31,
            "superior": {"lower": 0.2, "consistent": 0.22, "upper": 0.3},
            **{"n_series": 40, "block_bars": 11.0},
        },
        "forecast": {
            "constant": {"metric": "mcc", "blocks": 32, "statistic": -1.9, "p_value": 0.03},
            "reference": {"metric": "mcc", "blocks": 32, "statistic": -0.8, "p_value": 0.2, "name": "linear"},
        },
    }


def overfitting_of(n_splits: int = 12_870, seed: int = 0) -> dict[str, Any]:
    """Return PBO with the counts of its logits."""
    edges = np.arange(-6, 6.25, 0.5)
    counts, _ = np.histogram(np.random.default_rng(seed).normal(-0.3, 1.3, n_splits).clip(-5.9, 5.9), edges)
    return {
        "probability": float(counts[:12].sum() / counts.sum()),
        **{"n_trials": 40, "n_bars": 1296, "n_blocks": 16, "n_splits": n_splits},
        **{"edges": edges.tolist(), "counts": counts.tolist()},
    }
