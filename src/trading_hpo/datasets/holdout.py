"""The result of a look at the sealed holdout, and the ledger that counts the looks."""

from collections import Counter
from pathlib import Path
from typing import Any

from trading_hpo.analysis.holdout_ledger import saw_the_index_of
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
            data = {**data, **append_look(data["look"], self._ledger)}
        super().save(data)


def append_look(look: dict[str, Any], ledger: Path) -> dict[str, Any]:
    """Append a look unless its key is known.

    Returns:
        ``looks_so_far``, the different looks that saw the same bars; ``related_looks``, by index, those that saw an
        index of these assets, or stocks in it, at the same time.
    """
    with opened(ledger) as entries:
        if look["key"] not in {known["key"] for known in entries.known}:
            entries.append(look)
    different = {known["key"]: known for known in entries.known}.values()
    related = [saw_the_index_of(look, other) for other in different if not saw_the_same(look, other)]
    return {
        "looks_so_far": sum(saw_the_same(look, other) for other in different),
        "related_looks": dict(Counter(name for name in related if name is not None)),
    }
