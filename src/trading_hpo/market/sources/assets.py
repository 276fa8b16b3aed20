"""Names of assets are text, as they stand in the file; one series is one asset."""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from trading_hpo.errors import DataError, first_of
from trading_hpo.market.sources.origin import Origin

_SUFFIXES = re.compile(r"(\.(csv|txt|tsv|parquet))?(\.(gz|bz2|xz|zip|zst))?$", re.IGNORECASE)

logger = logging.getLogger(__name__)


def name_of_file(path: Path) -> str:
    """Return the asset that a file without an asset column holds: its name without the suffixes of its kind.

    Example:
        >>> name_of_file(Path("BRK.A.csv.gz"))
        'BRK.A'
    """
    return _SUFFIXES.sub("", path.name)


def asset_names(table: pd.DataFrame, column: str | None, others: Sequence[str], origin: Origin) -> pd.Series:
    """Return the asset of each row.

    Args:
        table: As in the file.
        column: That holds the assets; none if the file holds one.
        others: Columns that may hold assets and were not asked for, the likeliest first.
        origin: The file.

    Raises:
        DataError: Such a column has several values.
    """
    if column is None:
        for other in others:
            if table[other].nunique() > 1:
                values = first_of(map(repr, table[other].dropna().unique().tolist()), 3)
                raise DataError(
                    [
                        f"{origin.path} has no column for 'asset', and {table[other].nunique()} values in {other!r} "
                        f"({values}). Set {origin.setting('columns.asset')}={other}, or, if these are no assets, "
                        f"{origin.setting('one_asset')}=true."
                    ]
                )
        return pd.Series(name_of_file(origin.path), index=table.index, dtype="str")
    names = table[column].astype("str")
    trimmed = names.str.strip()
    changed = (names != trimmed) & names.notna()
    if changed.any():
        logger.warning(
            "%s: blanks around the names of assets are not part of them: %s in %d bars.",
            origin.path,
            first_of(map(repr, names[changed].unique())),
            int(changed.sum()),
        )
    return trimmed.where(trimmed != "")


def shared_assets(tables: Sequence[pd.DataFrame], paths: Sequence[Path]) -> Iterator[str]:
    """Say which assets several files hold in the same time: two series are not to be one.

    An asset whose files follow each other, such as a file a year, is one series.
    """
    if len(tables) == 1:
        return
    spans = pd.DataFrame(
        [
            (asset, stamps.min(), stamps.max(), path)
            for table, path in zip(tables, paths, strict=True)
            for asset, stamps in table.groupby("asset")["timestamp"]
        ],
        columns=["asset", "first", "last", "path"],
    )
    for asset, own in spans.sort_values("first").groupby("asset"):
        overlaps = (own["first"].iloc[1:].to_numpy() <= own["last"].cummax().iloc[:-1].to_numpy()).nonzero()[0]
        if len(overlaps):
            one, other = own["path"].iloc[overlaps[0]], own["path"].iloc[overlaps[0] + 1]
            yield (
                f"asset {asset!r} must come from one file at a time, got {one} and {other} with bars up to "
                f"{own['last'].iloc[overlaps[0]]} and from {own['first'].iloc[overlaps[0] + 1]}. Remove or rename one."
            )
