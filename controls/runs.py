"""One small run of the whole project in a folder of its own, from the bars to the verdicts."""

import json
import logging
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from benchmarks.measure import fresh
from benchmarks.project import new_project
from jaxtyping import Float, Int

LEVEL = 0.05  # of a verdict

# What every control searches: small, since it is run for many seeds.
SEARCH: Mapping[str, Any] = {
    "hpo": {"n_trials": 8, "workers": 1},
    "folds": {"n_folds": 2},
    "training": {"epochs": 3, "max_windows_per_epoch": 4096},
}


@dataclass(frozen=True)
class Chosen:
    """The best configuration of a model type, on validation.

    Attributes:
        bars: Calendar bars of its returns.
        active: Its active returns.
        trials: Active returns of every trial of its study that has a series on all bars.
        n_trials: That have reported a score on these bars, in all studies of the run.
    """

    bars: Int[np.ndarray, " T"]
    active: Float[np.ndarray, " T"]
    trials: Float[np.ndarray, "N T"]
    n_trials: int


@dataclass(frozen=True)
class Finished:
    """What a run has left.

    Attributes:
        judged: The dataset that was asked for.
        chosen: By model type.
    """

    judged: Mapping[str, Any]
    chosen: Mapping[str, Chosen]


def run(
    until: str, settings: Mapping[str, Any], plugin: str | None = None, bars: str | None = None
) -> Finished:
    """Run what a dataset of the report is made of, with neither figures nor tracking, in a fresh process.

    Args:
        until: The dataset, such as ``verdicts``.
        settings: Parameters, as after ``kedro run --params``; nested.
        plugin: A module of components that the run may use.
        bars: A CSV file's text, which the run finds as ``bars.csv``.
    """
    with new_project() as folder:
        if bars is not None:
            (folder / "bars.csv").write_text(bars)
        off = {"tracking": {"disable_tracking": {"pipelines": ["__default__"]}}}
        (folder / "conf/local/mlflow.yml").write_text(yaml.safe_dump(off))
        return fresh(_run, folder, until, dict(settings), plugin)


def _run(project: Path, until: str, settings: dict[str, Any], plugin: str | None) -> Finished:
    if plugin is not None:
        os.environ["TRADING_HPO_PLUGINS"] = plugin
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    from trading_hpo.runner.reusing import ReusingRunner

    os.chdir(project)
    bootstrap_project(project)
    with KedroSession.create(project_path=project, runtime_params=settings) as session:
        run: Any = session.run  # the session's own arguments are not its base class's
        run(pipeline_names=["__default__"], runner=ReusingRunner(), to_outputs=[until])
    return _finished(project, until)


def _finished(project: Path, until: str) -> Finished:
    from trading_hpo.engine.store.storage import StudyStorage

    judged = json.loads(next(project.rglob(f"{until}.json")).read_text())
    storage = StudyStorage(f"sqlite:///{next(project.rglob('studies.db'))}")
    ledger = next(project.rglob("trial_ledger.jsonl"))
    results = (json.loads(path.read_text()) for path in sorted(project.rglob("hpo_results_*.json")))
    chosen = {own["model_type"]: _chosen(own, storage, ledger) for own in results if own.get("best")}
    return Finished(judged, chosen)


def _chosen(result: Mapping[str, Any], storage: Any, ledger: Path) -> Chosen:
    from trading_hpo.engine.store.optuna_tables import place_of
    from trading_hpo.study.reference import StudyRef
    from trading_hpo.study.returns_table import trial_series
    from trading_hpo.study.trial_ledger import n_trials
    from trading_hpo.study.trial_returns import active_returns
    from trading_hpo.study.validation import kept_constant, kept_facts

    study = StudyRef(result["study_name"], storage).open()
    constant = kept_constant(*place_of(study))
    (bars,) = (own.bars for own in constant.values())
    active = {
        number: active_returns({path: own}, constant)
        for number, path, own in trial_series(study)
        if len(own.bars) == len(bars)
    }
    tried = n_trials(ledger, kept_facts(*place_of(study)))
    return Chosen(bars, active[result["best"]["trial_number"]], np.array(list(active.values())), tried)


def deflated(chosen: Chosen) -> float | None:
    """Return the deflated Sharpe ratio of a chosen configuration among all that were tried.

    None where its active returns do not vary.
    """
    from trading_hpo.overfitting.sharpe import Moments, deflated_sharpe

    each = [Moments.of(own).sharpe for own in chosen.trials]
    known = [ratio for ratio in each if ratio is not None]
    spread = float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return deflated_sharpe(Moments.of(chosen.active), chosen.n_trials, spread)
