"""Studies as text for the command line."""

from collections.abc import Iterator, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState
from rich import box
from rich.table import Table

from trading_hpo.engine.trial_record import SPREAD, VIOLATIONS, cost_of, metrics_of
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import best_trial, goals_of, pareto_front, ranked
from trading_hpo.study.summary import spent, study_summary

_RANK = {state: place for place, state in enumerate((TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL))}


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
            study.study_name,
            str(states["complete"]),
            str(states["pruned"]),
            str(states["fail"]),
            str(states["running"] + states["waiting"]),
            _number(summary["best_value"]),
            summary["metric"] + ("" if summary["best_keeps_constraints"] in (True, None) else ", breaks a constraint"),
        )
    return table


def study_lines(study: optuna.Study, storage: str) -> Iterator[str]:
    """Yield what a study is about, what it has spent and found."""
    summary, about = study_summary(study, storage), conditions_of(study)
    trials = study.get_trials(deepcopy=False)
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
    epochs, seconds = spent(trials, "epochs"), spent(trials, "training_time_s")
    yield f"  spent       {epochs:,.0f} epochs, {seconds:,.0f} s of training, all folds counted"
    if len(study.directions) > 1:
        yield f"  front       {len(pareto_front(study))} trials"
    broken = "" if summary["best_keeps_constraints"] in (True, None) else ", which breaks a constraint as all others do"
    yield f"  best        {_number(summary['best_value'])} in trial {summary['best_trial']}{broken}"


def trials_view(study: optuna.Study, top: int) -> Table:
    """Return the best trials with their parameters, then pruned and failed ones."""
    place = {trial.number: rank for rank, trial in enumerate(ranked(study))}
    sign = -1.0 if goals_of(study)[0].direction == "maximize" else 1.0

    def order(trial: FrozenTrial) -> tuple[int, int, float, int]:
        rank = place.get(trial.number, len(place))
        value = sign * trial.values[0] if trial.values else 0.0
        return (_RANK.get(trial.state, len(_RANK)), rank, value, trial.number)

    table, goals = _table(), goals_of(study)
    for heading in ("trial", *(["value"] if len(goals) == 1 else [goal.metric for goal in goals]), "state"):
        table.add_column(heading, justify="right" if heading != "state" else "left", no_wrap=True)
    bounds = conditions_of(study).get("constraints", [])
    if bounds:
        table.add_column("constraints", no_wrap=True)
    table.add_column("parameters", overflow="fold")
    marks = _marks(study) if len(goals) > 1 else {}
    for trial in sorted(study.get_trials(deepcopy=False), key=order)[:top]:
        parameters = "  ".join(f"{name}={_short(value)}" for name, value in trial.params.items())
        values = map(_number, trial.values or [None] * len(goals))
        state = trial.state.name.lower() + marks.get(trial.number, "")
        table.add_row(str(trial.number), *values, state, *([_kept(trial)] if bounds else []), parameters)
    return table


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


def failures(study: optuna.Study) -> list[str]:
    """Return one line per failed trial, with its reason."""
    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return [f"trial {trial.number}: {trial.user_attrs.get('reason', 'unknown')}" for trial in failed]


def best_lines(study: optuna.Study) -> Iterator[str]:
    """Yield the best configuration with every metric, its spread over folds, and what it cost."""
    best = best_trial(study)
    if best is None:
        yield "No trial is complete yet."
        return
    goals = goals_of(study)
    reached = (f"{goal.metric} {_number(value)}" for goal, value in zip(goals, best.values, strict=True))
    yield f"trial {best.number}: {_number(best.values[0]) if len(goals) == 1 else ', '.join(reached)}"
    for bound, over in best.user_attrs.get(VIOLATIONS, {}).items():
        yield f"  {bound:<26}{'kept' if over <= 0 else f'broken, by {over:.0%} of the bound'}"
    for name, value in best.params.items():
        yield f"  {name:<26}{_short(value)}"
    yield "  mean over folds ± spread"
    spread = best.user_attrs.get(SPREAD, {})
    for name, value in metrics_of(best).items():
        yield f"  {name:<26}{_number(value)} ± {_number(spread.get(name))}"
    for name, value in cost_of(best).items():
        yield f"  {name:<26}{_short(value)}"


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
