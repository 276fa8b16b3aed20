"""``python -m controls [control ...]``: judge, show, save; ends with 1 if a control does not hold."""

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.measure import machine
from rich.console import Console

from controls import leaks, planted_edge, random_callers, shuffled_labels
from controls.outcome import Control, Outcomes, code_digest, read, save, show

RESULTS = Path("data/controls.json")
CONTROLS: Mapping[str, Control] = {
    "random_callers": random_callers.CONTROL,
    "leaks": leaks.CONTROL,
    "planted_edge": planted_edge.CONTROL,
    "shuffled_labels": shuffled_labels.CONTROL,
}


def main() -> int:
    """Judge the chosen controls and return the exit code; what was judged before is not judged again."""
    parser = argparse.ArgumentParser(prog="python -m controls", description="Questions whose answers are known.")
    parser.add_argument("controls", nargs="*", metavar="control", help=f"of {', '.join(CONTROLS)}; all without any")
    parser.add_argument("--seeds", type=int, help="of each control, at most; all without it")
    parser.add_argument("--json", type=Path, default=RESULTS, help="file for the outcomes")
    options = parser.parse_args()
    unknown = [name for name in options.controls if name not in CONTROLS]
    if unknown:
        parser.error(f"unknown control {unknown[0]!r}, choose from {', '.join(CONTROLS)}")
    if options.seeds is not None and options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    code = code_digest()
    outcomes = read(options.json, code)
    for name in options.controls or CONTROLS:
        judge(name, options.seeds, outcomes, code, options.json)
    show(outcomes, CONTROLS, Console())
    return 1 if any(CONTROLS[name].holds(own) is False for name, own in outcomes.items()) else 0


def judge(name: str, seeds: int | None, outcomes: Outcomes, code: str, path: Path) -> None:
    """Judge the seeds of a control that have no outcome yet; each is saved as soon as it is there."""
    control, known = CONTROLS[name], {outcome.seed for outcome in outcomes.setdefault(name, [])}
    for seed in range(min(control.seeds, seeds or control.seeds)):
        if seed in known:
            continue
        began = time.monotonic()
        outcome = replace(control.judge(seed), seconds=time.monotonic() - began)
        outcomes[name].append(outcome)
        save(outcomes, CONTROLS, code, machine(), path)
        print(name, outcome, file=sys.stderr, flush=True)  # it may be a while until the table


if __name__ == "__main__":
    sys.exit(main())
