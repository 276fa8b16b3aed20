"""The result of a look at the sealed holdout, and the ledger that counts the looks."""

from pathlib import Path
from typing import Any

from trading_hpo.append_only import opened
from trading_hpo.datasets.results import ResultsDataset
from trading_hpo.market.same_bars import saw_the_same


class HoldoutDataset(ResultsDataset):
    """Saves a holdout result, and first enters the look into the ledger.

    A look is counted once per configuration and data, however often it is repeated.

    Args:
        filepath: Of the result.
        ledger: ``{filepath: ...}`` of JSON lines, only ever appended to; the name that Kedro makes absolute.
    """

    def __init__(self, *, filepath: str, ledger: dict[str, str], metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._ledger = Path(ledger["filepath"])

    def save(self, data: dict[str, Any]) -> None:
        """Append the look if it is a new one, then write the result with the count so far."""
        if "look" in data:
            looks = append_look(data["look"], self._ledger)
            data = {**data, "looks_so_far": looks}
        super().save(data)


def append_look(look: dict[str, Any], ledger: Path) -> int:
    """Append a look unless its key is known; return how many different looks saw the same bars."""
    with opened(ledger) as entries:
        if look["key"] not in {known["key"] for known in entries.known}:
            entries.append(look)
    return sum(saw_the_same(look, other) for other in {known["key"]: known for known in entries.known}.values())
