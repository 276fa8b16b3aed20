"""An audit as lines for a terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from trading_hpo.audit.check import counted


def audit_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each check, and below it one for each finding.

    Args:
        record: Of ``audit.audit``.

    Example:
        >>> split = {"name": "split", "status": "clean", "looked_at": "90 labels", "findings": []}
        >>> list(audit_lines({"checks": [split]}))
        ['split             clean       90 labels']
    """
    for check in record["checks"]:
        status = counted(len(check["findings"]), "finding") if check["findings"] else check["status"]
        yield f"{check['name']:<16}  {status:<10}  {check['looked_at']}"
        for finding in check["findings"]:
            cut = f" at {finding['cut']}" if finding["cut"] else ""
            yield f"  {finding['column']}{cut}: {finding['said']}"
