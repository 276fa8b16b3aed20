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
        n_values: How many values it concerns.
    """

    column: str
    cut: str | None
    size: float
    said: str
    n_values: int = 1


@dataclass(frozen=True)
class Check:
    """One check of an audit.

    Attributes:
        name: Of the check.
        looked_at: What it has compared, in words; where the data are too few, what would be needed.
        findings: One of each column, the worst.
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
    """Return of each column the finding that concerns most values, then the largest, in the order of the columns.

    Example:
        >>> found = [Finding("a", None, 1.0, ""), Finding("b", None, 1.0, ""), Finding("a", None, 2.0, "")]
        >>> [(finding.column, finding.size) for finding in worst_of_each(found)]
        [('a', 2.0), ('b', 1.0)]
    """
    worst: dict[str, Finding] = {}
    for finding in findings:
        known = worst.get(finding.column)
        if known is None or (finding.n_values, finding.size) > (known.n_values, known.size):
            worst[finding.column] = finding
    return tuple(worst.values())


def counted(n: int, what: str) -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "fold"), counted(1200, "fold")
        ('1 fold', '1,200 folds')
    """
    return f"{n:,} {what}{'' if n == 1 else 's'}"
