"""The result of a look at the sealed holdout, and the ledger that counts the looks."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

from trading_hpo.datasets.results import ResultsDataset


class HoldoutDataset(ResultsDataset):
    """Saves a holdout result, and first enters the look into the ledger.

    A look is counted once per configuration and data, however often it is repeated.

    Args:
        filepath: Of the result.
        ledger_filepath: JSON lines, only ever appended to.
    """

    def __init__(self, *, filepath: str, ledger_filepath: str, metadata: dict[str, Any] | None = None) -> None:
        super().__init__(filepath=filepath, metadata=metadata)
        self._ledger = Path(ledger_filepath)

    def save(self, data: dict[str, Any]) -> None:
        """Append the look if it is a new one, then write the result with the count so far."""
        if "look" in data:
            looks = append_look(data["look"], self._ledger)
            data = {**data, "looks_so_far": looks}
        super().save(data)


def append_look(look: dict[str, Any], ledger: Path) -> int:
    """Append a look unless its key is known; return how many different looks there were."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        keys = {json.loads(line)["key"] for line in file if line.strip()}
        if look["key"] not in keys:
            file.write(json.dumps(look, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
            keys.add(look["key"])
    return len(keys)
