"""What a page is made of: sections of texts, tables, figures, commands; the template knows no more than these."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str
    faint: bool = False


@dataclass(frozen=True)
class Facts:
    """Names and what they are."""

    kind: ClassVar[str] = "facts"
    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """A table; the first column is text, the others are numbers unless they say so.

    Attributes:
        head: Names of the columns.
        rows: One text per column.
        groups: Headings over several columns, each with how many; none without any.
        texts: Places of further columns that are text.
        strong: Places of rows that stand out.
        faint: Places of rows that are there to compare with.
    """

    kind: ClassVar[str] = "table"
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    groups: Sequence[tuple[str, int]] = ()
    texts: Sequence[int] = ()
    strong: Sequence[int] = ()
    faint: Sequence[int] = ()


@dataclass(frozen=True)
class Drawn:
    """A figure of the catalog, by its name there.

    Attributes:
        name: Of the dataset.
        caption: In place of the figure's own title; none to show that.
    """

    kind: ClassVar[str] = "figure"
    name: str
    caption: str = ""


@dataclass(frozen=True)
class Commands:
    """What can be typed, each with what it does."""

    kind: ClassVar[str] = "commands"
    lines: Sequence[tuple[str, str]]


Block = Text | Facts | Table | Drawn | Commands


@dataclass(frozen=True)
class Folded:
    """Blocks that are shown when their title is clicked."""

    kind: ClassVar[str] = "folded"
    title: str
    blocks: Sequence[Block]
    opened: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page with an entry in the table of contents.

    Attributes:
        key: In links.
        title: Its heading.
        blocks: In their order.
    """

    key: str
    title: str
    blocks: Sequence[Block | Folded] = field(default_factory=list)


def drawn_in(sections: Sequence[Section]) -> list[Drawn]:
    """Return the figures of sections, in their order."""
    blocks = [block for section in sections for block in section.blocks]
    inside = [inner for block in blocks for inner in (block.blocks if isinstance(block, Folded) else [block])]
    return [block for block in inside if isinstance(block, Drawn)]
