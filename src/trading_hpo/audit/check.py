"""What a check has looked at, and what it has found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        column: What is concerned: a feature's column, ``target``, ``label_end``, ``folds``, a role of a fold.
        cut: Timestamp at which it shows; none where no moment is special.
        size: How large it is, in the unit that ``said`` names.
        said: A sentence for people.
    """

    column: str
    cut: str | None
    size: float
    said: str


@dataclass(frozen=True)
class Check:
    """One check of an audit.

    Attributes:
        name: Of the check.
        looked_at: What it has compared, in words; where the data are too few, what would be needed.
        findings: The largest of each column.
        too_few: Whether the data are too few to say anything.
    """

    name: str
    looked_at: str
    findings: tuple[Finding, ...] = ()
    too_few: bool = False

    @property
    def status(self) -> Literal["clean", "findings", "too few"]:
        """In one word."""
        return "findings" if self.findings else "too few" if self.too_few else "clean"


def worst_of_each(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the largest finding of each column, in the order in which the columns were found.

    Example:
        >>> found = [Finding("a", None, 1.0, ""), Finding("b", None, 1.0, ""), Finding("a", None, 2.0, "")]
        >>> [(finding.column, finding.size) for finding in worst_of_each(found)]
        [('a', 2.0), ('b', 1.0)]
    """
    worst: dict[str, Finding] = {}
    for finding in findings:
        known = worst.get(finding.column)
        if known is None or finding.size > known.size:
            worst[finding.column] = finding
    return tuple(worst.values())
