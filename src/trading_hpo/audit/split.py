"""Does any label of train or stop reach into what is validated, or into the holdout?"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Int

from trading_hpo.audit.check import Check, Finding, counted
from trading_hpo.splits.folds import Split
from trading_hpo.types import Panel

_FITTED = ("train", "stop")


def split_leaks(panel: Panel, split: Split, stop_fraction: float, window_bars: int) -> Check:
    """Take the rows of every fold and of the final training, as the search does, and look where their labels reach.

    The label of a row is the closed interval from its bar to the bar at which it becomes known. None of train or stop
    may meet that of a validation row of the same fold, or the holdout.

    **Looks ahead:** label only.

    Args:
        panel: That the folds divide.
        split: The folds.
        stop_fraction: Of the final training.
        window_bars: History that every sample has.

    Source: Lopez de Prado (2018), Advances in Financial Machine Learning, 7.4.1.
    """
    findings, n_rows = list[Finding](), 0
    for fold in split.folds:
        validation = split.rows(panel, fold, "validation", window_bars)
        judged = _covered(panel, validation)
        for role in _FITTED:
            rows = split.rows(panel, fold, role, window_bars)
            n_rows += len(rows)
            findings += _reaching(panel, rows, judged, f"{role} of fold {fold.number}", "validation")
            findings += _reaching(panel, rows, _holdout(panel, split), f"{role} of fold {fold.number}", "the holdout")
        findings += _reaching(
            panel, validation, _holdout(panel, split), f"validation of fold {fold.number}", "the holdout"
        )
    final = split.final_fold(stop_fraction)
    for role in _FITTED:
        rows = split.rows(panel, final, role, window_bars)
        n_rows += len(rows)
        findings += _reaching(panel, rows, _holdout(panel, split), f"{role} of the final training", "the holdout")
    return Check(
        "split",
        f"{counted(n_rows, 'label interval')} of {counted(len(split.folds), 'fold')} and the final training",
        tuple(findings),
    )


def _covered(panel: Panel, rows: Int[np.ndarray, " N"]) -> Bool[np.ndarray, " T"]:
    """Return which bars the label intervals of rows cover."""
    steps = np.zeros(panel.n_bars + 2, dtype=np.int64)
    np.add.at(steps, panel.bar[rows], 1)
    np.add.at(steps, panel.label_end[rows] + 1, -1)
    covered: Bool[np.ndarray, " T"] = np.cumsum(steps)[: panel.n_bars] > 0
    return covered


def _holdout(panel: Panel, split: Split) -> Bool[np.ndarray, " T"]:
    return np.arange(panel.n_bars) >= split.holdout.start


def _reaching(
    panel: Panel, rows: Int[np.ndarray, " N"], bars: Bool[np.ndarray, " T"], role: str, other: str
) -> Iterator[Finding]:
    """Say how many label intervals meet some bars; the cut is the first of them."""
    before = np.concatenate([[0], np.cumsum(bars)])
    begin, end = panel.bar[rows], np.minimum(panel.label_end[rows], panel.n_bars - 1)
    meets = before[end + 1] > before[begin]
    if meets.any():
        first = panel.timestamps[int(begin[meets].min())].isoformat()
        said = f"{int(meets.sum())} of {len(rows)} labels meet {other}"
        yield Finding(role, first, float(meets.sum()), said, int(meets.sum()))
