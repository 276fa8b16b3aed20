"""The sections of the page that show the holdout beside validation."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from trading_hpo.reporting.page.blocks import Block, Drawn, Folded, Section, Table, Text
from trading_hpo.reporting.page.facts import Judged, RunFacts, Searched
from trading_hpo.reporting.page.first_screen import shown_name
from trading_hpo.reporting.page.metrics_table import every_metric
from trading_hpo.reporting.page.numbers import NONE, number, percent, plus_minus, whole
from trading_hpo.reporting.report import SHOWN
from trading_hpo.reporting.verdict_sentences import p_value

MOST_ROWS = 40  # of a table of assets
PARTS = ("validation", "holdout")
BASELINES = ("constant_forecast", "buy_and_hold")


def results_section(searched: Searched, judged: Judged | None) -> Section:
    """Return the table of the model types, with the baselines where the holdout was judged."""
    table = _searched_table(searched) if judged is None else _judged_table(searched, judged)
    said = [Text(line, faint=True) for line in _remarks(judged)]
    return Section("results", "Results", [table, *said, *_every_metric(searched, judged)])


def _every_metric(searched: Searched, judged: Judged | None) -> list[Folded]:
    if judged is None:
        return []
    chosen = {line["model_type"]: searched.results.get(line["model_type"], {}).get("best") for line in judged.lines}
    return [every_metric(name, best, judged) for name, best in chosen.items() if best]


def _searched_table(searched: Searched) -> Table:
    head = ["model type", "complete", "pruned", "failed", _metric(searched), "Sharpe", "drawdown", "turnover", "epochs"]
    rows = []
    for name, result in searched.begun.items():
        best, trials = result.get("best"), result["trials"]
        metrics = best["metrics"] if best else {}
        rows.append(
            [
                name,
                *(whole(trials.get(state, 0)) for state in ("complete", "pruned", "fail")),
                _with_spread(best, result["metric"]),
                number(metrics.get("sharpe"), 2),
                percent(metrics.get("max_drawdown"), 0),
                number(metrics.get("turnover"), 1),
                whole(result.get("epochs")),
            ]
        )
    return Table(head, rows, (("", 4), ("validation, best trial", 4), ("spent", 1)))


def _judged_table(searched: Searched, judged: Judged) -> Table:
    metric = _metric(searched)
    head = ["", "trials", *[metric, "p", "Sharpe", "annual return", "drawdown", "turnover"] * len(PARTS)]
    groups = (("", 2), *((part, 6) for part in PARTS))
    lines = sorted(judged.lines, key=lambda line: _place(line, searched))
    rows = [_model_row(line) for line in lines]
    rows += [_baseline_row(name, metric, judged) for name in BASELINES]
    best = None if searched.best is None else searched.best["model_type"]
    strong = [place for place, line in enumerate(lines) if line["model_type"] == best]
    return Table(head, rows, groups, (), strong, (len(lines), len(lines) + 1))


def _place(line: Mapping[str, Any], searched: Searched) -> int:
    """Models of the combined results come in their order there, the best first."""
    order = list(searched.overall.get("models", {}))
    return order.index(line["model_type"]) if line["model_type"] in order else len(order)


def _model_row(line: Mapping[str, Any]) -> list[str]:
    cells = [line["model_type"], whole(sum(line["trials"].values()))]
    for part in PARTS:
        p = line[f"forecast_{part}_p_value"]
        cells += [f"{number(line[part])} {plus_minus(line, part)}".rstrip(), NONE if p is None else p_value(p)]
        cells += _money({name: line[f"{part}_{name}"] for name in SHOWN})
    return cells


def _baseline_row(name: str, metric: str, judged: Judged) -> list[str]:
    cells = [shown_name(name), ""]
    for part in PARTS:
        found = judged.baselines[part][name]
        cells += [number(found[metric]) if metric in found else "", "", *_money(found)]
    return cells


def _money(found: Mapping[str, Any]) -> list[str]:
    return [
        number(found.get("sharpe"), 2),
        percent(found.get("annual_return")),
        percent(found.get("max_drawdown"), 0),
        number(found.get("turnover"), 1),
    ]


def _with_spread(best: Mapping[str, Any] | None, metric: str) -> str:
    return NONE if not best else f"{number(best['value'])} ± {number(best['spread'].get(metric))}"


def _metric(searched: Searched) -> str:
    return next((str(result["metric"]) for result in searched.begun.values()), "score")


def _remarks(judged: Judged | None) -> list[str]:
    turnover = "Turnover: times the capital, per year."
    if judged is None:
        return [f"Validation: mean over folds ± spread over folds. {turnover}"]
    report = judged.report
    remarks = [
        f"±: half of a 90 % interval. p: how often luck alone would do as well as the forecast, corrected for trials, "
        f"finalists and looks. Money: after costs of {judged.cost_bps:g} basis points. {turnover}",
        f"Configurations that have seen this holdout so far: {report.get('holdout_looks', 0)}.",
    ]
    if before := report.get("validated_before"):
        remarks.append(
            f"Bars of this holdout were validation bars of {sum(before.values())} trials before, of "
            f"{', '.join(before)}."
        )
    remarks += [
        f"{line['model_type']}: no trial keeps all constraints; this one breaks {', '.join(broken)}."
        for line in judged.lines
        if (broken := line.get("broken_constraints"))
    ]
    remarks += [f"{line['model_type']}: {_touched(line['touches'])}" for line in judged.lines if "touches" in line]
    if report.get("skipped"):
        remarks.append(f"Skipped: {', '.join(report['skipped'])}.")
    return [*remarks, *map(str, report.get("nothing_found", {}).values())]


def _touched(touches: Mapping[str, Any]) -> str:
    """Say how far from the barrier's price positions were closed that a touch has ended."""
    of_all = f"a touch of a barrier has ended {touches['touched']} of {touches['positions']} positions"
    mean = touches["mean_difference"]
    if mean is None:
        return f"{of_all}."
    which = "better" if mean >= 0 else "worse"
    return f"{of_all}, at closes {abs(mean):.2%} {which} than the barrier's price in the mean."


def holdout_sections(facts: RunFacts, judged: Judged | None) -> list[Section]:
    """Return what the holdout shows in detail, or how to judge it."""
    if judged is None:
        command = facts.typed("kedro run")
        said = f"The holdout is not judged yet: equity, years, assets and costs are shown once `{command}` has run."
        return [Section("holdout", "Holdout", [Text(said)])]
    return [
        Section("equity", "Equity and drawdown", [Drawn("equity_figure", "Wealth from 1 and the fall from its peak")]),
        Section("months", "Monthly returns", [Drawn("monthly_figure")]),
        Section("years", "Year by year", _years_blocks(judged.years)),
        Section("assets", "Asset by asset", _assets_blocks(judged.assets)),
        Section("exposure", "Exposure", [Drawn("exposure_figure")]),
        Section("costs", "Costs", [Drawn("costs_figure"), _costs_table(judged)]),
        Section("calls", "Right and wrong calls", _calls(judged)),
    ]


def _years_blocks(years: pd.DataFrame) -> list[Block | Folded]:
    """Return the return of each year by name, and all that is known of it behind a title."""
    names = list(dict.fromkeys(years["name"]))
    found = {(line["year"], line["name"]): line for line in years.to_dict("records")}
    numbers = sorted(set(years["year"]))
    rows = [
        [str(year), *(percent(found.get((year, name), {}).get("total_return"), 1, True) for name in names)]
        for year in numbers
    ]
    every = [
        [
            str(year),
            shown_name(str(name)),
            percent(line["total_return"], 1, True),
            number(line["sharpe"], 2),
            percent(line["max_drawdown"], 0),
            number(line["mcc"]),
            whole(line["bars"]),
        ]
        for year in numbers
        for name in names
        if (line := found.get((year, name)))
    ]
    return [
        Table(["return", *(shown_name(str(name)) for name in names)], rows),
        Folded(
            "Sharpe, drawdown and calls of each year",
            [Table(["year", "", "return", "Sharpe", "drawdown", "mcc", "bars"], every, texts=(1,))],
        ),
    ]


def _assets_blocks(assets: pd.DataFrame) -> list[Block | Folded]:
    said = (
        "What each asset added to the total return of a model type, in points of it: the column adds up to the whole."
    )
    blocks: list[Block | Folded] = [Drawn("assets_figure", said)]
    for model_type, own in assets.groupby("model_type", sort=False):
        blocks.append(Folded(f"{model_type}: {len(own)} assets", [_assets_table(own)]))
    return blocks


def _assets_table(own: pd.DataFrame) -> Table:
    ordered = own.sort_values("contribution", ascending=False, kind="stable")
    half = MOST_ROWS // 2
    shown = ordered if len(ordered) <= MOST_ROWS else pd.concat([ordered.iloc[:half], ordered.iloc[-half:]])
    rows = [
        [
            str(line["asset"]),
            f"{100 * line['contribution']:+.2f}",
            percent(line["asset_return"], 1, True),
            percent(line["mean_exposure"], 1),
            number(line["turnover"], 1),
            whole(line["bars"]),
        ]
        for line in shown.to_dict("records")
    ]
    rows.append(["all", f"{100 * own['contribution'].sum():+.2f}", "", percent(own["mean_exposure"].sum(), 1)])
    rows[-1] += [number(own["turnover"].sum(), 1), ""]
    head = ["asset", "points of the return", "held by itself", "mean exposure", "traded, times the capital", "bars"]
    return Table(head, rows, faint=(len(rows) - 1,))


def _costs_table(judged: Judged) -> Folded:
    costs = judged.costs
    at = sorted(costs["cost_bps"].unique())
    rows = []
    for name, own in costs.groupby("name", sort=False):
        by_cost = own.set_index("cost_bps")
        rows.append([shown_name(str(name)), *(percent(by_cost.loc[cost, "total_return"]) for cost in at)])
    return Folded("Return at other costs", [Table(["basis points", *(f"{cost:g}" for cost in at)], rows)])


def _calls(judged: Judged) -> list[Block | Folded]:
    blocks: list[Block | Folded] = []
    if len(judged.confusion):
        columns: Sequence[str] = [str(name) for name in judged.confusion.columns]
        rows = [[str(line[0]), *map(whole, line[1:])] for line in judged.confusion.itertuples(index=False)]
        blocks.append(Table([name.replace("_", " ") for name in columns], rows))
    for name, own in judged.holdouts.items():
        if "metrics" in own:
            blocks.append(Folded(f"Calibration of {name}", [Drawn(f"{name}.calibration_figure")]))
    return blocks or [Text("No model type has been judged yet.")]
