"""Studies as text for the command line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState
from rich import box
from rich.table import Table

from trading_hpo.analysis.study_alone import deflated_alone
from trading_hpo.engine.trial_record import NO_VALUE, REASON, REGIMES, SPREAD, VIOLATIONS, cost_of, metrics_of
from trading_hpo.escaping import one_line, rich_text
from trading_hpo.reporting.probability import probability
from trading_hpo.reporting.regimes import regime_name, without_value, worst_regimes
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.nothing_found import nothing_found
from trading_hpo.study.own_trials import foreign_trials, own_trials, set_aside_in
from trading_hpo.study.ranking import best_trial, goals_of, pareto_front
from trading_hpo.study.summary import spent, study_summary

SHOWN = 8  # numbers of trials in one line
LABELS, NAMES = 14, 28  # columns in which the text beside a label begins, and the value beside a name
_NO_REASON = "an earlier version has not recorded why"


def studies_table(studies: Sequence[tuple[optuna.Study, str]]) -> Table:
    """Return one line per study: trials by state and the best value.

    Args:
        studies: Each with its storage, without a password.
    """
    table = _table()
    for heading, side in (("study", "left"), *((h, "right") for h in ("complete", "pruned", "failed", "open"))):
        table.add_column(heading, justify=side, no_wrap=heading != "study", overflow="fold")  # type: ignore[arg-type]
    table.add_column("best", justify="right")
    table.add_column("metric")
    for study, storage in studies:
        summary = study_summary(study, storage)
        states = summary["trials"]
        table.add_row(
            rich_text(study.study_name),
            str(states["complete"]),
            str(states["pruned"]),
            str(states["fail"]),
            str(states["running"] + states["waiting"]),
            _number(summary["best_value"]),
            rich_text(", ".join([summary["metric"], *_remarks(summary)])),
        )
    return table


def _remarks(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["best_keeps_constraints"] not in (True, None):
        yield "breaks a constraint"
    if out := len(summary["set_aside"]):
        yield f"{out} set aside"
    if foreign := summary["foreign_trials"]:
        yield f"{foreign} foreign"


def study_lines(study: optuna.Study, storage: str) -> Iterator[str]:
    """Yield what a study is about, what it has spent and found."""
    yield from map(one_line, _study_lines(study, storage))


def _study_lines(study: optuna.Study, storage: str) -> Iterator[str]:
    summary, about = study_summary(study, storage), conditions_of(study)
    trials = own_trials(study)
    yield study.study_name
    yield f"  storage     {storage}"
    for goal in goals_of(study):
        weight = f", weight {goal.weight:g}" if len(study.directions) > 1 else ""
        yield f"  objective   {goal.direction} {goal.metric}{weight}"
    yield from (f"  constraint  {bound}" for bound in about.get("constraints", []))
    if data := about.get("data"):
        yield f"  data        {len(data['assets'])} assets, {data['first'][:10]} to {data['last'][:10]}"
        yield f"  label       {data['label']} over {data['horizon_bars']} bars, {len(data['features'])} features"
        yield f"  folds       {len(about['folds'])}, seed {about['seed']}"
        yield f"  parameters  {', '.join(about['search_space'])}"
    yield f"  trials      {', '.join(f'{count} {state}' for state, count in summary['trials'].items() if count)}"
    yield from _left_out(study, summary)
    epochs, seconds = spent(trials, "epochs"), spent(trials, "training_time_s")
    yield f"  spent       {epochs:,.0f} epochs, {seconds:,.0f} s of training, all folds counted"
    if len(study.directions) > 1:
        yield f"  front       {len(pareto_front(study))} trials"
    if summary["best_trial"] is None:
        yield f"  best        none: {summary['nothing_found'] or 'no trial has ended yet'}"
        return
    broken = "" if summary["best_keeps_constraints"] in (True, None) else ", which breaks a constraint as all others do"
    yield f"  best        {_number(summary['best_value'])} in trial {summary['best_trial']}{broken}"
    best = best_trial(study)
    if best is not None and (found := deflated_alone(study, best)) is not None:
        shown, count = found
        among = f"among the {count:,} trials of this study" if count > 1 else "of its only trial"
        yield f"  luck        DSR {probability(shown)} {among}; the report counts all trials on these bars"


def _left_out(study: optuna.Study, summary: Mapping[str, Any]) -> Iterator[str]:
    """What is in the study and guides no choice."""
    if summary["set_aside"]:
        yield f"  set aside   {', '.join(map(str, summary['set_aside']))}: never chosen, counted all the same"
    foreign = foreign_trials(study)
    if waiting := [trial for trial in foreign if trial.state == TrialState.WAITING]:
        yield f"  enqueued    {len(waiting)}, which the next search with budget left runs"
    if others := [str(trial.number) for trial in foreign if trial.state != TrialState.WAITING]:
        listed = ", ".join(others[:SHOWN]) + (f" and {len(others) - SHOWN} more" if len(others) > SHOWN else "")
        yield f"  foreign     {listed}: added, ended or copied by another program; they guide no choice"


def failures(study: optuna.Study) -> list[str]:
    """Return one line per failed trial, with its reason."""
    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return [one_line(f"trial {trial.number}: {trial.user_attrs.get(REASON, 'unknown')}") for trial in failed]


def best_lines(study: optuna.Study, constant: Mapping[str, float | None] | None = None) -> Iterator[str]:
    """Yield the best configuration with every metric, its spread over folds, and what it cost.

    Args:
        study: Any of the project's.
        constant: Metrics of the constant forecast, as ``kept_constant_metrics`` has them; none where it is not known.
    """
    yield from map(one_line, _best_lines(study, constant or {}))


def _best_lines(study: optuna.Study, constant: Mapping[str, float | None]) -> Iterator[str]:
    best = best_trial(study)
    if best is None:
        yield (
            "All complete trials are set aside."
            if set_aside_in(study)
            else (nothing_found(study) or "No trial is complete yet.")
        )
        return
    goals = goals_of(study)
    values = (f"{goal.metric} {_number(value)}" for goal, value in zip(goals, best.values, strict=True))
    yield f"trial {best.number}: {_number(best.values[0]) if len(goals) == 1 else ', '.join(values)}"
    if aside := set_aside_in(study):
        yield f"  set aside: {', '.join(map(str, aside))}"
    for bound, over in best.user_attrs.get(VIOLATIONS, {}).items():
        yield f"  {bound:<26}{'kept' if over <= 0 else f'broken, by {over:.0%} of the bound'}"
    for name, value in best.params.items():
        yield f"  {name:<26}{_short(value)}"
    yield f"  mean over folds ± spread{' (constant forecast)' if constant else ''}"
    spread = best.user_attrs.get(SPREAD, {})
    why = best.user_attrs.get(NO_VALUE, {})
    for name, value in metrics_of(best).items():
        reached = f"{_number(value)} ± {_number(spread.get(name))}"
        reached += f" ({_number(constant[name])})" if name in constant else ""
        yield f"  {name:<26}{reached if value is not None else f'no value: {why.get(name, _NO_REASON)}'}"
    for name, value in cost_of(best).items():
        yield f"  {name:<26}{_short(value)}"
    yield from _by_regime(best.user_attrs.get(REGIMES))


def _by_regime(found: Mapping[str, Any] | None) -> Iterator[str]:
    if not found:
        return
    yield f"  regimes of the market, all folds together: {found['metric']}, Sharpe, bars, samples"
    for line in found["scores"]:
        counts = f"{line['bars']:,} bars, {line['samples']:,} samples"
        yield f"  {regime_name(line):<26}{_number(line['value'])}, {_number(line['sharpe'])}, {counts}"
    yield from (f"  {'':<26}{why}" for why in without_value(found))
    if worst := worst_regimes(found):
        yield f"  {'worst':<26}{worst}"


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
