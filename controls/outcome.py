"""What a control has shown, seed by seed; kept so that a run that was stopped goes on, and shown as a table."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]

Cell = float | int | str | None


@dataclass(frozen=True)
class Outcome:
    """One seed of a control.

    Attributes:
        seed: The same seed gives the same outcome.
        as_expected: Whether the project said what it should.
        numbers: What that was judged by.
        seconds: It took.
    """

    seed: int
    as_expected: bool
    numbers: Mapping[str, Cell]
    seconds: float = 0.0


@dataclass(frozen=True)
class Control:
    """A question whose answer is known.

    Attributes:
        expects: The answer.
        seeds: How many are judged: 0, 1, 2, ...
        needed: How many of them must give the answer.
        judge: One seed; its seconds are filled in later.
    """

    expects: str
    seeds: int
    needed: int
    judge: Callable[[int], Outcome]

    def holds(self, outcomes: Sequence[Outcome]) -> bool | None:
        """Return whether enough seeds gave the answer; None while seeds are missing that could still decide it."""
        good = sum(outcome.as_expected for outcome in outcomes)
        left = self.seeds - len(outcomes)
        if good >= self.needed:
            return True
        return False if good + left < self.needed else None


Outcomes = dict[str, list[Outcome]]  # by the name of the control


def code_digest() -> str:
    """Return a digest of what decides an outcome: the code and the base configuration."""
    digest = hashlib.sha256()
    parts = (("src", "*.py"), ("controls", "*.py"), ("conf/base", "*.yml"))
    for path in sorted(path for folder, names in parts for path in (ROOT / folder).rglob(names)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def save(
    outcomes: Outcomes, controls: Mapping[str, Control], code: str, described: Mapping[str, Any], path: Path
) -> None:
    """Write all outcomes, whole or not at all; ``code`` is the digest of what they were judged with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name: {
            "expects": controls[name].expects,
            "needed": controls[name].needed,
            "seeds": controls[name].seeds,
            "holds": controls[name].holds(own),
            "outcomes": [asdict(outcome) for outcome in own],
        }
        for name, own in outcomes.items()
    }
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps({"code": code, "machine": described, "controls": kept}, indent=2))
    draft.replace(path)


def read(path: Path, code: str) -> Outcomes:
    """Return the outcomes in a file, or none where it is missing, or of other code."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text())
    if kept["code"] != code:
        return {}
    return {name: [Outcome(**one) for one in own["outcomes"]] for name, own in kept["controls"].items()}


def show(outcomes: Outcomes, controls: Mapping[str, Control], console: Console) -> None:
    """Print a table of each control's seeds, then one line for each control."""
    for name, own in outcomes.items():
        if own:
            console.print(_table(name, own))
    for name, own in outcomes.items():
        console.print(in_words(name, controls[name], own), soft_wrap=True)


def in_words(name: str, control: Control, outcomes: Sequence[Outcome]) -> str:
    """Say in one line how a control went."""
    good = sum(outcome.as_expected for outcome in outcomes)
    holds = {True: "holds", False: "does NOT hold", None: "is not decided yet"}[control.holds(outcomes)]
    done = f"{good} of {len(outcomes)} seeds" + (
        "" if len(outcomes) == control.seeds else f" ({control.seeds} planned)"
    )
    return f"{name}: {control.expects}: {done}, {control.needed} needed: {holds}"


def _table(name: str, outcomes: Iterable[Outcome]) -> Table:
    outcomes = list(outcomes)
    table = Table(title=name, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("seed", *outcomes[0].numbers, "as expected", "s"):
        table.add_column(heading.replace("_", " "), justify="right")
    for own in outcomes:
        cells = (_cell(value) for value in own.numbers.values())
        style = "" if own.as_expected else "red"
        table.add_row(str(own.seed), *cells, "yes" if own.as_expected else "NO", f"{own.seconds:.0f}", style=style)
    return table


def _cell(value: Cell) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
