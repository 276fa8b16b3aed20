"""``python -m benchmarks [row ...]``: measure, show, save; ends with 1 if a limit is missed."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console

from benchmarks.measure import ROWS, machine, save, show
from benchmarks.project import prepared_project

RESULTS = Path("data/benchmarks.json")


def main() -> int:
    """Measure the chosen rows and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measured ratios and their limits.")
    parser.add_argument("rows", nargs="*", metavar="row", help=f"of {', '.join(ROWS)}; all without any")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the numbers")
    options = parser.parse_args()
    unknown = [name for name in options.rows if name not in ROWS]
    if unknown:
        parser.error(f"unknown row {unknown[0]!r}, choose from {', '.join(ROWS)}")
    console, described, measured = Console(), machine(), []
    with prepared_project() as project:
        for name in options.rows or ROWS:
            for row in import_module(f"benchmarks.{name}").rows(project):
                measured.append(row)
                print(*row.cells(), sep="  ", file=sys.stderr, flush=True)  # it may be a while until the table
                save(measured, described, options.json)
    show(measured, console)
    return 0 if all(row.holds for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
