"""Is a column the future itself, whatever it was computed from?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from jaxtyping import Float

from trading_hpo.audit.check import Check, Finding, counted, worst_of_each
from trading_hpo.audit.rebuild import Built

PLAUSIBLE = 0.3  # largest rank correlation with the next return that a column of the past may have
N_PERMUTATIONS = 1000  # of a column that passes 0.3: even hundreds of them are flagged by chance rarely
LEAST_BARS = 250  # on which a column is known; with fewer, one of hundreds of columns passes 0.3 by chance


def source(built: Built, seed: int = 0) -> Check:
    """Correlate every column, as it is and as it changes, with what happens next.

    A feature that is read from a file with tomorrow's stamp, or a close that is shifted by one against the opens, does
    not move with other prices: it is found by how well it predicts. What happens next is the return to the next close
    and, where the source has opens, that to the next open. A column is the future where its rank correlation with
    either, asset by asset, is beyond both ``PLAUSIBLE`` and what permuted returns give for this column; real
    predictability of a bar is far below. Prices that bounce between bid and ask may come near it, and cannot be traded.

    Not found is a column whose future says nothing of the direction, such as tomorrow's volume.

    **Looks ahead:** to the next bar, to find what does.

    Args:
        built: What the project makes of the bars.
        seed: Of the permutations.
    """
    findings: list[Finding] = []
    columns = _columns(built)
    rows_of = {str(asset): rows for asset, rows in built.bars.groupby("asset", sort=False).indices.items()}
    long_enough = [asset for asset, rows in rows_of.items() if len(rows) >= LEAST_BARS]
    if not long_enough:
        most = max(map(len, rows_of.values()))
        return Check("source", f"at least {LEAST_BARS} bars of an asset are needed, got {most}", too_few=True)
    random = np.random.default_rng(seed)
    for asset in long_enough:
        bars, own = (table.iloc[rows_of[asset]].reset_index(drop=True) for table in (built.bars, columns))
        findings += _of_one_asset(asset, bars, own, random)
    of_assets = f"{len(long_enough)} of {counted(len(rows_of), 'asset')}"
    looked_at = f"{counted(columns.shape[1], 'column')} of {of_assets} against what is next"
    return Check("source", looked_at, worst_of_each(findings))


def _columns(built: Built) -> pd.DataFrame:
    """Return the features, and what the bars hold beside closes, without their level."""
    columns = built.features[built.columns].astype("float64")
    prices = [name for name in ("open", "high", "low") if name in built.bars]
    close = built.bars["close"].to_numpy()
    own = {name: np.log(built.bars[name].to_numpy() / close) for name in prices}
    if "volume" in built.bars:
        own["volume"] = built.bars["volume"].to_numpy()
    return columns.assign(**{name: values for name, values in own.items() if name not in columns})


def _of_one_asset(
    asset: str, bars: pd.DataFrame, columns: pd.DataFrame, random: np.random.Generator
) -> Iterator[Finding]:
    ranks = {"": _ranks(columns), "the change of ": _ranks(columns.diff())}
    for name, later in _next(bars).items():
        target = _ranks(later.to_frame())
        for kind, values in ranks.items():
            found = _correlations(values, target)[:, 0]
            suspects = np.flatnonzero(np.abs(found) > PLAUSIBLE)
            bounds = _permuted(values[:, suspects], target, random)
            for place, bound in zip(suspects.tolist(), bounds.tolist(), strict=True):
                if abs(found[place]) > bound:
                    said = (
                        f"{kind}it has a rank correlation of {found[place]:.2f} with {name} of {asset}; permuted "
                        f"returns reach {bound:.2f}, past data {PLAUSIBLE}: is its stamp too early?"
                    )
                    yield Finding(str(columns.columns[place]), None, float(abs(found[place])), said)


def _permuted(
    values: Float[np.ndarray, "T N"], target: Float[np.ndarray, "T 1"], random: np.random.Generator
) -> Float[np.ndarray, " N"]:
    """Return the largest correlation of each column with permuted targets.

    Each column has its own bound: one that seldom moves is close to some order of the targets, others are not.
    """
    bounds = np.zeros(values.shape[1])
    for _ in range(N_PERMUTATIONS if len(bounds) else 0):
        bounds = np.maximum(bounds, np.abs(_correlations(values, random.permutation(target))[:, 0]))
    return bounds


def _next(bars: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what happens after each bar, by its name."""
    close = pd.Series(np.log(bars["close"].to_numpy()))
    later = {"the next return": close.shift(-1) - close}
    if "open" in bars:
        later["the return to the next open"] = pd.Series(np.log(bars["open"].to_numpy())).shift(-1) - close
    return later


def _ranks(values: pd.DataFrame) -> Float[np.ndarray, "T N"]:
    """Return ranks around 0, missing where there is no value or the column has too few."""
    ranks, long_enough = values.rank(), (values.count() >= LEAST_BARS - 1).to_numpy()
    centred: Float[np.ndarray, "T N"] = np.where(long_enough, (ranks - ranks.mean()).to_numpy(), np.nan)
    return centred


def _correlations(columns: Float[np.ndarray, "T N"], targets: Float[np.ndarray, "T M"]) -> Float[np.ndarray, "N M"]:
    """Return rank correlations, over the bars on which both are known; 0 of a column that never moves."""
    # A rank of 0 is a tie in the middle, not a missing value: flags have hundreds of them.
    (x, x_known), (y, y_known) = ((np.nan_to_num(one), np.isfinite(one).astype(float)) for one in (columns, targets))
    spread = np.sqrt(((x**2).T @ y_known) * (x_known.T @ y**2))
    found: Float[np.ndarray, "N M"] = np.divide(x.T @ y, spread, out=np.zeros_like(spread), where=spread > 0)
    return found
