"""Bars in blocks of equal length."""

from trading_hpo.types import BarRange


def equal_blocks(bars: BarRange, n_blocks: int) -> tuple[BarRange, ...]:
    """Cut bars into blocks, in time order; where they do not divide evenly, the first ones are a bar longer.

    Example:
        >>> [(block.start, block.stop) for block in equal_blocks(BarRange(0, 10), 3)]
        [(0, 4), (4, 7), (7, 10)]
    """
    length, longer = divmod(len(bars), n_blocks)
    edges = [bars.start + number * length + min(number, longer) for number in range(n_blocks + 1)]
    return tuple(BarRange(*edges[number : number + 2]) for number in range(n_blocks))
