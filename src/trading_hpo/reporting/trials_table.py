"""The trials of a study as a table that fits a terminal: what differs between them in columns, the rest below."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich import box
from rich.cells import cell_len
from rich.console import Group
from rich.table import Table
from rich.text import Text

from trading_hpo.engine.trial_record import VIOLATIONS
from trading_hpo.escaping import one_line, rich_text, shell_argument
from trading_hpo.reporting.fitted_lines import fitted
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.own_trials import why_left_out
from trading_hpo.study.ranking import best_trial, goals_of, pareto_front, ranked

WIDTH = 200
HEADING = 9  # cells of a heading that is folded
TEXT = 24  # cells of a state or a choice, which is folded beyond
_BETWEEN, _EDGES = 2, 2  # cells between columns, and at both ends
_RANK = {state: place for place, state in enumerate((TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))}


@dataclass(frozen=True)
class _Column:
    heading: str
    cells: tuple[str, ...]
    left: bool = False
    at_most: int | None = None

    @property
    def width(self) -> int:
        heading = max(map(cell_len, self.heading.split("\n")))
        widest = max(map(cell_len, self.cells), default=0)
        return max(heading, widest if self.at_most is None else min(widest, self.at_most))


def trials_view(study: optuna.Study, top: int, width: int = WIDTH) -> Group:
    """Return the best trials with the parameters in which they differ, then pruned and failed ones.

    Args:
        study: To look at.
        top: How many trials.
        width: Cells of the terminal. Parameters for which there is no room are named below.
    """
    trials = _in_order(study)[:top]
    differing, same = _by_difference(trials)
    fixed = _fixed_columns(study, trials)
    columns = _that_fit([*fixed, *(_parameter(name, trials) for name in differing)], len(fixed), width)
    notes = _notes(study, same, differing[len(columns) - len(fixed) :])
    return Group(_table(columns), *(Text(line) for line in fitted(notes, width, 2)))


def significant(value: object) -> str:
    """Return a number with three significant digits; a whole one and text as they are.

    Example:
        >>> significant(0.00196213), significant(-0.02), significant(12345.6), significant(512), significant(None)
        ('0.00196', '-0.02', '12346', '512', '-')
    """
    if value is None:
        return "-"
    if not isinstance(value, float):
        return one_line(str(value))
    return f"{value:.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"


def _in_order(study: optuna.Study) -> list[FrozenTrial]:
    place = {trial.number: rank for rank, trial in enumerate(ranked(study))}
    sign = -1.0 if goals_of(study)[0].direction == "maximize" else 1.0

    def order(trial: FrozenTrial) -> tuple[int, int, float, int]:
        rank = place.get(trial.number, len(place))
        value = sign * trial.values[0] if trial.values else 0.0
        return (_RANK.get(trial.state, len(_RANK)), rank, value, trial.number)

    return sorted(study.get_trials(deepcopy=False), key=order)


def _by_difference(trials: Sequence[FrozenTrial]) -> tuple[list[str], dict[str, Any]]:
    """Return the parameters that are not the same in all trials, and those that are, with their values."""
    names = dict.fromkeys(name for trial in trials for name in trial.params)
    values = {name: {repr(trial.params.get(name)) for trial in trials if trial.params} for name in names}
    first: dict[str, Any] = {name: trial.params[name] for trial in trials for name in trial.params}
    return [name for name in names if len(values[name]) > 1], {n: first[n] for n in names if len(values[n]) == 1}


def _fixed_columns(study: optuna.Study, trials: Sequence[FrozenTrial]) -> list[_Column]:
    goals = goals_of(study)
    marks = _marks(study) if len(goals) > 1 else {}
    marks |= {number: f", {why}" for number, why in why_left_out(study).items()}
    states = [one_line(trial.state.name.lower() + marks.get(trial.number, "")) for trial in trials]
    columns = [_Column("trial", tuple(str(trial.number) for trial in trials))]
    for place, goal in enumerate(goals):
        cells = tuple(significant(trial.values[place] if trial.values else None) for trial in trials)
        columns.append(_Column("value" if len(goals) == 1 else one_line(goal.metric), cells))
    columns.append(_Column("state", tuple(states), left=True, at_most=TEXT))
    if conditions_of(study).get("constraints", []):
        columns.append(_Column("constraints", tuple(map(_kept, trials)), left=True))
    return columns


def _marks(study: optuna.Study) -> dict[int, str]:
    """What to say of a trial beside its state, where it is one of a front."""
    best = best_trial(study)
    front = {trial.number: ", front" for trial in pareto_front(study)}
    return front if best is None else {**front, best.number: ", chosen"}


def _kept(trial: FrozenTrial) -> str:
    over = trial.user_attrs.get(VIOLATIONS)
    if over is None:
        return "-"
    worst = max(over.values())
    return "kept" if worst <= 0 else f"broken by {worst:.0%}"


def _parameter(name: str, trials: Sequence[FrozenTrial]) -> _Column:
    return _Column(one_line(name), tuple(significant(trial.params.get(name)) for trial in trials), at_most=TEXT)


def _that_fit(columns: Sequence[_Column], at_least: int, width: int) -> list[_Column]:
    """Return the first columns that fit, with whole headings if all do, else with folded ones."""
    if _width(columns) <= width:
        return list(columns)
    folded = [replace(column, heading=_folded_heading(column.heading)) for column in columns]
    count = len(folded)
    while count > at_least and _width(folded[:count]) > width:
        count -= 1
    return folded[:count]


def _width(columns: Sequence[_Column]) -> int:
    return sum(column.width + _BETWEEN for column in columns) + _EDGES


def _folded_heading(name: str) -> str:
    """Fold a name at its underscores, and where it has none."""
    lines = [""]
    for part in name.replace("_", "_\n").split("\n"):
        pieces = [part[start : start + HEADING] for start in range(0, len(part), HEADING)]
        for piece in pieces:
            fits = cell_len(lines[-1] + piece) <= HEADING
            lines = [*lines[:-1], lines[-1] + piece] if fits else [*lines, piece]
    return "\n".join(line for line in lines if line)


def _table(columns: Sequence[_Column]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in columns:
        heading = Text("\n").join(map(rich_text, column.heading.split("\n")))
        side = "left" if column.left else "right"
        table.add_column(heading, justify=side, overflow="fold", max_width=column.width)  # type: ignore[arg-type]
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(rich_text, row))
    return table


def _notes(study: optuna.Study, same: Mapping[str, Any], left_out: Sequence[str]) -> Iterator[str]:
    if same:
        yield "The same in all of them: " + ", ".join(f"{one_line(n)}={significant(v)}" for n, v in same.items())
    if left_out:
        name = shell_argument(study.study_name)
        yield "No room for: " + ", ".join(map(one_line, left_out))
        yield f"`kedro study export {name} --to trials.csv` writes all of them, with every digit."
