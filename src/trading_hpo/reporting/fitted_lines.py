"""Lines of text that are not wider than a terminal."""

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

HANGING = 2  # where what continues a line without a label begins


def fitted(lines: Iterable[str], width: int | None, column: int) -> Iterator[str]:
    """Yield lines of labels and texts, folded where they are too wide; a text goes on below its beginning.

    Args:
        lines: One with a label begins with a space.
        width: Columns of the terminal; none where there is no terminal, and every line stays whole.
        column: Where the text beside a label begins.

    Example:
        >>> list(fitted(["  best   one two three four"], 20, 9))
        ['  best   one two', '         three four']
    """
    for line in lines:
        yield from [line] if width is None or cell_len(line) <= width else _folded(line, width, column)


def _folded(line: str, width: int, column: int) -> Iterator[str]:
    label = line[:column]
    has_label = line.startswith(" ") and cell_len(label) == len(label) and column < width // 2
    label, indent = (label, column) if has_label else ("", HANGING)
    parts = Text(line[len(label) :]).wrap(Console(width=width), width - indent)
    for number, part in enumerate(parts):
        yield (label if number == 0 else " " * indent) + part.plain.rstrip()
