"""All checks of a project's data, as one record that is kept by the data's digest."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from trading_hpo.audit.check import Check
from trading_hpo.audit.look_ahead import look_ahead
from trading_hpo.audit.price_scale import price_scale
from trading_hpo.audit.rebuild import Rebuild
from trading_hpo.audit.source import source
from trading_hpo.audit.split import split_leaks
from trading_hpo.audit.start_of_history import start_of_history
from trading_hpo.errors import DataError, MissingInputError
from trading_hpo.market.panel import panel_digest
from trading_hpo.splits.folds import Split
from trading_hpo.types import Panel

AGAIN = "Run `kedro audit`."


@dataclass(frozen=True)
class Audit:
    """What an audit has found.

    Attributes:
        panel_digest: Of the data.
        terms: Settings that have led to data and folds.
        checks: In the order in which they are shown.
    """

    panel_digest: str
    terms: Mapping[str, Any]
    checks: tuple[Check, ...]

    @property
    def n_findings(self) -> int:
        """Over all checks."""
        return sum(len(check.findings) for check in self.checks)

    def record(self) -> dict[str, Any]:
        """Return it as plain data."""
        checks = [{**asdict(check), "status": check.status} for check in self.checks]
        return {**asdict(self), "n_findings": self.n_findings, "checks": checks}


def audit(
    raw: pd.DataFrame, rebuild: Rebuild, panel: Panel, split: Split, stop_fraction: float, terms: Mapping[str, Any]
) -> Audit:
    """Make the data again from the source and run every check.

    **Looks ahead:** to find what does.

    Args:
        raw: Bars of the source.
        rebuild: How the project makes its data.
        panel: That is prepared.
        split: That is prepared; its own rows are checked.
        stop_fraction: Of the final training.
        terms: Settings that have led to panel and split.

    Raises:
        DataError: The source does not give the prepared data, or the prepared folds, again.
    """
    built = rebuild.build(rebuild.clean(raw))
    digest = panel_digest(panel)
    if panel_digest(built.panel) != digest:
        raise _others("data", "a feature or a label draws at random, or reads what has changed meanwhile")
    if rebuild.split(built.panel) != split:
        raise _others("folds", "the splitter draws at random, or the table of folds was altered")
    return Audit(
        digest,
        terms,
        (
            look_ahead(raw, built, rebuild),
            start_of_history(built, rebuild),
            price_scale(built, rebuild),
            source(built),
            split_leaks(panel, split, stop_fraction, rebuild.window_bars),
        ),
    )


def _others(what: str, why: str) -> DataError:
    return DataError(
        [
            f"the source must give the prepared {what} again, got others: {why}. Seed it, or run "
            "`kedro run --pipeline data_engineering` and the audit once more."
        ]
    )


def audit_of(kept: Mapping[str, Any], digest: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record of the audit of some data.

    Args:
        kept: Records by the digest of the panel.
        digest: Of the panel.
        terms: Settings that have led to the panel and its folds.

    Raises:
        MissingInputError: There is none, or one of other folds; with what to do.

    Example:
        >>> audit_of({}, "5fd924625f6ab16a", {})
        Traceback (most recent call last):
        ...
        trading_hpo.errors.MissingInputError: Data 5fd924625f6ab16a have no audit. Run `kedro audit`.
    """
    record: dict[str, Any] | None = kept.get(digest)
    if record is None:
        raise MissingInputError(f"Data {digest} have no audit. {AGAIN}")
    if record["terms"] != dict(terms):
        raise MissingInputError(f"The audit of data {digest} is of other folds or settings. {AGAIN}")
    return record
