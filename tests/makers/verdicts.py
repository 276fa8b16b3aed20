"""Verdicts as the analysis makes them, of any outcome."""

from typing import Any


def verdict_of(validation: float = 0.01, holdout: float = 0.02, money: float = 0.3) -> dict[str, Any]:
    """Return a verdict with these p-values."""
    tried = {"metric": "mcc", "n_tried": 32, "expected_best": 0.034, "excess": 0.04, "standard_error": 0.01}
    look, interval = {"finalists": 2, "earlier_looks": 0}, {"low": -0.06, "estimate": -0.012, "high": 0.036}
    return {
        "forecast": {
            "validation": {**tried, "p_value": validation},
            "holdout": {**look, "p_value": holdout},
            "above": validation <= 0.05 and holdout <= 0.05,
        },
        "money": {
            "validation": {"n_tried": 32, "p_value": money},
            "holdout": {**look, **interval, "p_value": money},
            "above_buy_and_hold": interval,
            "above": False,
        },
    }


def compared_with(reference: str = "linear", **difference: float) -> dict[str, Any]:
    """Return networks beside a reference; each is by so much better."""
    networks = {
        name: {"difference": by, "low": by - 0.02, "high": by + 0.02, "p_value": 0.4, "pairs": "32 blocks of bars"}
        for name, by in difference.items()
    }
    return {"reference": reference, "metric": "mcc", "level": 0.9, "networks": networks}
