"""One seed per fold of a configuration: the same parameters give the same value, in any order."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def fold_seed(seed: int, fold: int, parameters: Mapping[str, Any]) -> int:
    """Return the training seed of a fold, from the study's seed and the parameters alone.

    Example:
        >>> fold_seed(1, 0, {"a": 1, "b": 2}) == fold_seed(1, 0, {"b": 2, "a": 1})
        True
    """
    text = json.dumps([seed, fold, parameters], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


class RandomStream:
    """torch's global generator (dropout draws from it), private to one fold while it is entered.

    On a GPU dropout draws from the device's own generator, which all folds share: results there can be
    repeated in kind, not bit for bit.
    """

    def __init__(self, seed: int) -> None:
        import torch  # what draws no dropout can do without it

        self._state = torch.Generator().manual_seed(seed).get_state()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Continue this stream; put the outer one back afterwards."""
        import torch

        outer = torch.get_rng_state()
        torch.set_rng_state(self._state)
        try:
            yield
        finally:
            self._state = torch.get_rng_state()
            torch.set_rng_state(outer)
