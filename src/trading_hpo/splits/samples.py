"""The samples that each role has, asset by asset, and which roles and assets have none."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from trading_hpo.errors import DataError
from trading_hpo.splits.folds import FINAL, HOLDOUT, ROLES, Split
from trading_hpo.tasks.registry import task_of
from trading_hpo.tasks.task import TargetKind
from trading_hpo.types import Panel


def sample_counts(panel: Panel, split: Split, window_bars: int) -> pd.DataFrame:
    """Return ``fold, role, asset, samples``; fold -1 is the holdout.

    **Looks ahead:** label only; whether a row is a sample depends on where its label ends.

    Args:
        panel: The rows.
        split: The folds.
        window_bars: Longest window; rows without it are no samples.
    """
    lines = [
        {"fold": number, "role": role, "asset": asset, "samples": int(count)}
        for number, role, rows in _roles(panel, split, window_bars)
        for asset, count in zip(panel.assets, np.bincount(panel.asset[rows], minlength=panel.n_assets), strict=True)
    ]
    return pd.DataFrame(lines)


def in_words(counts: pd.DataFrame) -> str:
    """Return the samples in one line: of each role over all folds, and of the asset with the fewest."""
    by_role = counts.groupby("role", sort=False)["samples"].sum()
    by_asset = counts.groupby("asset", sort=False)["samples"].sum()
    roles = ", ".join(f"{role} {count:,}" for role, count in by_role.items())
    fewest = f"; {by_asset.min():,} to {by_asset.max():,} an asset, fewest {by_asset.idxmin()}"
    return f"Samples: {roles}{fewest if len(by_asset) > 1 else ''}."


def untrained(counts: pd.DataFrame) -> list[str]:
    """Return the assets that some fold is judged on and was not trained on: what a model knows of them is drawn."""
    wide = counts[counts["fold"] >= 0].pivot_table(index=["fold", "asset"], columns="role", values="samples")
    return sorted({asset for _, asset in wide.index[(wide["train"] == 0) & (wide["validation"] > 0)]})


def check_samples(panel: Panel, split: Split, window_bars: int) -> None:
    """Refuse roles from which nothing can be learned or judged, and assets of which nothing is used.

    Args:
        panel: Rows with their targets.
        split: The folds.
        window_bars: Longest window; rows without it are no samples.

    Raises:
        DataError: A role of a fold, or the holdout, has no sample, or samples of one class only; an asset has no sample
            in any role.
    """
    roles = list(_roles(panel, split, window_bars))
    problems = [
        problem for number, role, rows in roles for problem in _role_problems(panel, number, role, rows, window_bars)
    ]
    used = np.unique(np.concatenate([panel.asset[rows] for _, _, rows in roles]))
    if len(used):  # otherwise every role has said so
        absent = np.setdiff1d(np.arange(panel.n_assets), used)
        problems += [_why_none(panel, int(asset), window_bars) for asset in absent]
    if problems:
        raise DataError(problems)


def check_final_training(panel: Panel, split: Split, stop_fraction: float, window_bars: int) -> None:
    """Refuse a final training that could not learn or stop.

    Args:
        panel: Rows with their targets.
        split: The folds.
        stop_fraction: Share of the search bars that stop it.
        window_bars: Longest window; rows without it are no samples.

    Raises:
        DataError: Its train or stop rows are none, or of one class only.
    """
    fold = split.final_fold(stop_fraction)
    problems = [
        problem
        for role in ("train", "stop")
        for problem in _role_problems(panel, fold.number, role, split.rows(panel, fold, role, window_bars), window_bars)
    ]
    if problems:
        raise DataError(problems)


def _roles(panel: Panel, split: Split, window_bars: int) -> Iterator[tuple[int, str, Int[np.ndarray, " N"]]]:
    for fold in split.folds:
        for role in ROLES:
            yield fold.number, role, split.rows(panel, fold, role, window_bars)
    yield -1, HOLDOUT, panel.rows((split.holdout,), window_bars)


def _role_problems(
    panel: Panel, number: int, role: str, rows: Int[np.ndarray, " N"], window_bars: int
) -> Iterator[str]:
    of_what = "the final training (folds.stop_fraction)" if number == FINAL else f"fold {number}"
    name = HOLDOUT if role == HOLDOUT else f"{role} of {of_what}"
    targets = panel.target[rows]
    if len(rows) == 0:
        yield (
            f"{name} must have samples with {window_bars} bars of history, got none. "
            "Shorten training.window_bars or its range in the search space, or take longer folds."
        )
    elif (constant := _one_class_alone(task_of(panel.label).target_kind, targets)).any():
        yield (
            f"{name} must have both classes, got only {int(targets[0, constant][0])} in {len(rows)} rows. "
            "Change the options of labels, or take fewer or longer folds."
        )


def _one_class_alone(kind: TargetKind, targets: Float[np.ndarray, "N C"]) -> Bool[np.ndarray, " C"]:
    """Return which of the targets are classes that never change."""
    is_class = np.full(targets.shape[1], kind == "class")
    is_class[0] |= kind == "joint"
    return is_class & (targets == targets[0]).all(axis=0)


def _why_none(panel: Panel, asset: int, window_bars: int) -> str:
    """Say why an asset has no sample."""
    own = panel.asset == asset
    name, n_bars = panel.assets[asset], int(own.sum())
    known = panel.observed[own]
    breaks = np.flatnonzero(np.concatenate([[True], ~known, [True]]))
    longest = int(np.diff(breaks).max()) - 1
    where = f"{panel.timestamps[panel.bar[own][0]]} to {panel.timestamps[panel.bar[own][-1]]}"
    if not known.any():
        reason = f"none of its {n_bars} bars ({where}) has all features"
    elif longest < window_bars:
        reason = (
            f"at most {longest} of its {n_bars} bars ({where}) in a row have all features, windows need {window_bars}"
        )
    elif not own[panel.rows((panel.all_bars,), window_bars)].any():
        reason = f"none of its {n_bars} bars ({where}) has both a window of {window_bars} bars and a label"
    else:
        reason = f"its {n_bars} bars ({where}) with a window and a label lie in no role of any fold"
    return f"asset {name} must have samples, got none: {reason}. Leave it out of assets, or bring more of its history."
