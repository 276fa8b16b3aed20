"""The page in a few lines of text."""

from collections.abc import Iterator, Sequence

from trading_hpo.escaping import one_line
from trading_hpo.reporting.page.blocks import Facts, Table, Text
from trading_hpo.reporting.page.facts import Judged, RunFacts, Searched
from trading_hpo.reporting.page.first_screen import first_screen
from trading_hpo.reporting.page.luck_section import luck_section
from trading_hpo.reporting.page.results_sections import results_section

WIDTH = 100


def text_summary(facts: RunFacts, searched: Searched, judged: Judged | None) -> str:
    """Return what was searched, the winner, the verdicts, the table, and what to do now."""
    return "\n".join(map(one_line, _lines(facts, searched, judged))) + "\n"


def _lines(facts: RunFacts, searched: Searched, judged: Judged | None) -> Iterator[str]:
    first = first_screen(facts, searched, judged)
    yield facts.name
    yield ""
    yield from (f"{name:<12} {what}" for name, what in first.searched)
    yield ""
    yield f"{'Winner' if judged else 'Best so far':<12} {first.winner or 'none yet'}"
    yield from (f"{name:<24} {value:>9}   {beside}" for name, value, beside in first.tiles)
    yield ""
    yield from (f"{name:<12} {said}" for name, said in first.verdicts)
    yield ""
    for block in results_section(searched, judged).blocks:
        if isinstance(block, Table):
            yield from _table(block)
    yield ""
    yield "Is it luck?"
    yield from _luck(searched)
    yield ""
    yield "What to do now:"
    yield from (f"  {': '.join(filter(None, step))}" for step in first.steps)


def _luck(searched: Searched) -> Iterator[str]:
    """Yield what is said of the winner."""
    for block in luck_section(searched).blocks[:2]:
        if isinstance(block, Text):
            yield block.text
        elif isinstance(block, Facts):
            yield from (f"{title:<21} {said}" for title, said in block.pairs)


def _table(table: Table) -> Iterator[str]:
    """Lay a table out, its groups above their columns."""
    rows = [list(table.head), *map(list, table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.head))]
    if table.groups:
        yield _groups(table, widths)
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), *cells]).rstrip()


def _groups(table: Table, widths: Sequence[int]) -> str:
    line, column = "", 0
    for title, count in table.groups:
        width = sum(widths[column : column + count]) + 2 * (count - 1)
        line += title.center(width) + "  "
        column += count
    return line.rstrip()
