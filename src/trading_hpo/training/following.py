"""Lets whoever shows a training of this process follow its epochs: nodes and families hand nothing through for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_FOLLOWER: ContextVar[Callable[[int, int], None] | None] = ContextVar("_FOLLOWER", default=None)


@contextmanager
def following(follower: Callable[[int, int], None]) -> Iterator[None]:
    """Call a function with each epoch that ends in the block, and with how many there are at most."""
    before = _FOLLOWER.set(follower)
    try:
        yield
    finally:
        _FOLLOWER.reset(before)


def epoch_ended(number: int, at_most: int) -> None:
    """Note that an epoch of a final training has ended."""
    follower = _FOLLOWER.get()
    if follower is not None:
        follower(number, at_most)
