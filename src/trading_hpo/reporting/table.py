"""The table that a run ends with, the verdicts under it, and what to look at next."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from trading_hpo.escaping import one_line, rich_text
from trading_hpo.reporting.next_steps import Step
from trading_hpo.reporting.regimes import named_part, worst_regimes
from trading_hpo.reporting.selection_sentences import DEFLATED
from trading_hpo.reporting.verdict_sentences import p_value

_ANY_WIDTH = 1000
_NAME_WIDTH = 9
_PARTS = ("validation", "holdout")
_MONEY = {"annual_return": "\nyear", "sharpe": "\nSharpe", "max_drawdown": "draw-\ndown", "turnover": "turn-\nover"}
_BASELINES = {"constant_forecast": "constant", "buy_and_hold": "buy, hold"}


def render(report: Mapping[str, Any], steps: Sequence[Step] = (), typed: Callable[[str], str] = str) -> RenderableType:
    """Return the table, the verdicts on every model type, and what to look at next.

    Args:
        report: Of ``report_of``.
        steps: What to type beside the look at the best configuration, of ``other_runs`` and ``pages``.
        typed: Completes commands that are recommended, as ``commands.cli_errors.as_typed`` does.
    """
    lines = best_first(report["models"])
    verdicts = [*_verdicts(lines[:1]), *_beside_reference(report)]
    said = [*verdicts, *_remarks(report, lines), "", *_next_steps(lines, steps, typed)]
    return Group(_Tables(report, lines), *_configurations(lines), *map(rich_text, said))


class _Tables:
    """Side by side where the terminal has room for it, if need be with names on two lines; else one below the other."""

    def __init__(self, report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
        self._report, self._lines = report, lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for shown_name in (one_line, _on_lines):
            side_by_side = _table(self._report, self._lines, _PARTS, shown_name)
            needed = Measurement.get(console, options.update(max_width=_ANY_WIDTH), side_by_side).maximum
            if needed <= options.max_width:
                yield Text(_title(self._report, self._lines, _PARTS))
                yield side_by_side
                yield Text()
                return
        for part in _PARTS:
            yield Text(_title(self._report, self._lines, (part,)))
            yield _table(self._report, self._lines, (part,), one_line)
            yield Text()


def _on_lines(name: str) -> str:
    r"""Return a name broken after underscores, so that its lines have few characters.

    Example:
        >>> _on_lines("gradient_boosting"), _on_lines("cnn_lstm")
        ('gradient_\nboosting', 'cnn_lstm')
    """
    lines = [""]
    for part in re.findall(r"[^_]*_*", one_line(name)):
        if lines[-1] and len(lines[-1] + part) > _NAME_WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _title(report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], parts: Sequence[str]) -> str:
    metric = one_line(lines[0]["metric"]) if lines else "score"
    return f"Best configurations by {metric}: {'; '.join(_dated(report, part) for part in parts)}"


def _table(
    report: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    parts: Sequence[str],
    shown_name: Callable[[str], str],
) -> Table:
    metric = lines[0]["metric"] if lines else "score"
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column("", no_wrap=True)
    for part in parts:
        # The name of the group stands over its first column.
        above = part if len(parts) > 1 else ""
        headings = [f"{above}\n{one_line(metric)}", "\np", *_MONEY.values()]
        for heading in headings:
            table.add_column(Text(heading), justify="right", no_wrap=True)
    for line in lines:
        table.add_row(Text(shown_name(line["model_type"])), *(cell for part in parts for cell in _cells(line, part)))
    table.add_section()
    for name, shown in _BASELINES.items():
        table.add_row(shown, *(cell for part in parts for cell in _baseline_cells(report[name][part], metric)))
    return table


def _dated(report: Mapping[str, Any], part: str) -> str:
    span = report["dates"].get(part)
    return f"{part} {span[0][:10]} to {span[1][:10]}" if span else part


def _cells(line: Mapping[str, Any], part: str) -> Iterator[str]:
    interval, p = line[f"{part}_interval"], line[f"forecast_{part}_p_value"]
    spread = "" if interval is None else f"±{(interval[1] - interval[0]) / 2:.3f}"
    yield f"{_number(line[part])}{spread}"
    yield "-" if p is None else p_value(p, 1)
    yield from _money({name: line[f"{part}_{name}"] for name in _MONEY})


def _baseline_cells(metrics: Mapping[str, Any], metric: str) -> Iterator[str]:
    yield "" if metric in _MONEY else _number(metrics.get(metric))
    yield ""
    yield from _money(metrics)


def _money(metrics: Mapping[str, Any]) -> Iterator[str]:
    for name in _MONEY:
        value = metrics.get(name)
        yield _number(value, 2) if name == "sharpe" else _number(value, 1) if name == "turnover" else _percent(value)


def best_first(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Order the model types: those that keep the constraints first; with several objectives no single one decides."""

    def place(line: Mapping[str, Any]) -> tuple[bool, float]:
        sign = -1.0 if line["direction"] == "maximize" else 1.0
        several = len(line["objectives"]) > 1
        return bool(line["broken_constraints"]), 0.0 if several else sign * (line["validation"] or 0.0)

    return sorted(lines, key=place)


def _configurations(lines: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """Each on one line, cut where the terminal ends: ``kedro study best`` has it whole."""
    width = max((len(line["model_type"]) for line in lines), default=0)
    for line in lines:
        trials = ", ".join(f"{count} {state}" for state, count in line["trials"].items() if count)
        chosen = "  ".join(f"{name}={_short(value)}" for name, value in line["params"].items())
        yield Text(one_line(f"{line['model_type']:<{width}} of {trials}: {chosen}"), no_wrap=True, overflow="ellipsis")


def _verdicts(best: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for line in best:
        yield ""
        yield f"{line['model_type']}, the best of them:"
        for about, sentence in line["verdicts"].items():
            yield f"  {about}: {sentence}."
        if deflated := line.get("selection_sentences", {}).get(DEFLATED):
            yield f"  {DEFLATED[0].lower()}{DEFLATED[1:]}: {deflated} report.txt says more."
        for part, found in line.get("regimes", {}).items():
            if worst := worst_regimes(found):
                yield f"  worst regimes on {named_part(part)}: {worst}."


def _beside_reference(report: Mapping[str, Any]) -> Iterator[str]:
    if report["models"] and (said := report.get("against_reference", {}).get("said")):
        yield ""
        yield f"{said[0].upper()}{said[1:]}."


def _remarks(report: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield from (f"{line['model_type']:<12} {how}" for line in lines for how in _how_it_was_chosen(line))
    yield from (f"{line['model_type']:<12} {why}" for line in lines for why in _without_value(line))
    if report["skipped"]:
        yield f"Skipped: {', '.join(report['skipped'])}."
    yield from report.get("nothing_found", {}).values()
    yield ""
    yield (
        "±: half of a 90 % interval. p: how often luck alone would do as well as the forecast; at most 0.05 on both is "
        "better than a constant forecast. Money is after costs; a year's return and turnover, means over folds."
    )
    yield f"Configurations that have seen this holdout so far: {report['holdout_looks']}."
    for index, count in report.get("related_looks", {}).items():
        yield f"Others have seen the {index} index at the same time, or stocks in it: {count}."
    yield from _searched_before(report.get("validated_before", {}))


def _without_value(line: Mapping[str, Any]) -> Iterator[str]:
    """Why a number of the table is not there."""
    for where, reasons in line.get("no_value", {}).items():
        yield from (f"{name} on {where} has no value: {why}" for name, why in reasons.items())


def _searched_before(validated: Mapping[str, int]) -> Iterator[str]:
    """What makes a holdout less than unseen."""
    if validated:
        yield (
            f"Bars of this holdout were validation bars of {sum(validated.values())} trials before, of "
            f"{', '.join(validated)}."
        )


def _how_it_was_chosen(line: Mapping[str, Any]) -> Iterator[str]:
    """What a choice among several objectives, within bounds, or without some trials, was made by."""
    if len(line["objectives"]) > 1:
        weights = ", ".join(f"{goal['metric']} {goal['weight']:g}" for goal in line["objectives"])
        yield f"chosen from a front of {line['front']} by the weights {weights}"
    if aside := line.get("set_aside"):
        yield f"set aside by hand: {'trial' if len(aside) == 1 else 'trials'} {', '.join(map(str, aside))}"
    if line["broken_constraints"]:
        yield f"no trial keeps all constraints; this one breaks {', '.join(line['broken_constraints'])}"


def _next_steps(
    lines: Sequence[Mapping[str, Any]], steps: Sequence[Step], typed: Callable[[str], str]
) -> Iterator[str]:
    if lines:
        best = f"kedro study best {shlex.quote(lines[0]['study_name'])}"
        yield "Look further:"
        for said, command in [("everything about the best configuration", best), *steps]:
            yield f"  # {said}"
            yield f"  {typed(command)}"


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
