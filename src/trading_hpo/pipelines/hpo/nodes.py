"""Adapters between the catalog and the search."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.splits.folds import split_from_table
from trading_hpo.study.conditions import check_prepared
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.integrity import checked
from trading_hpo.study.phases import Phases
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.reoptimise import grown
from trading_hpo.study.results import combined_results, model_results, phases_spent, trials_table
from trading_hpo.study.search_spaces import SearchSpacesConfig
from trading_hpo.study.summary import study_summary
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import Panel

SCALARS = "08_reporting/tensorboard"  # in the folder of the scenario and the source, where the panels are too


def open_study(
    model_type: str,
    panel: Panel,
    folds: pd.DataFrame,
    prepared: dict[str, Any],
    storage: StudyStorage,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
    scenario: str,
    source: str,
    terms: dict[str, Any],
) -> StudyRef:
    """Refer to a model type's study, or refuse one of other conditions; all are checked before the first is searched.

    Nothing is made but the reference: of a study that is refused, nothing is left.

    Raises:
        StaleInputError: Other data are prepared than the settings of this run ask for.
    """
    name = hpo.full_study_name(scenario, source, f"{panel.label['kind']}{panel.horizon_bars}", model_type)
    if model_type not in hpo.models_to_optimize:
        return StudyRef(name, storage, skipped="left out by hpo.models_to_optimize")
    check_prepared(prepared, panel, terms)
    ref = StudyRef(name, storage, phases=tuple(phase.name for phase in hpo.phases), terms=terms)
    ref = grown(ref, panel) if hpo.reoptimise else ref
    settings: dict[str, Any] = {"spaces": spaces, "training": training, "backtest": backtest}
    phases = Phases.of(ref, hpo, panel=panel, split=split_from_table(folds), **settings)
    if not phases.check(storage):
        phases.first.preload()  # while the others are checked, and MLflow is imported
    return replace(ref, accepted=phases.digest)


def search(
    ref: StudyRef,
    panel: Panel,
    folds: pd.DataFrame,
    panels: KeptPanels,
    spaces: SearchSpacesConfig,
    training: TrainingConfig,
    backtest: BacktestConfig,
    hpo: HpoConfig,
    ledger: Path,
) -> dict[str, Any]:
    """Make a model type's study, search it to its budget, phase by phase, and return what that took.

    Its data are kept for the stages after it.

    Raises:
        StaleInputError: The data or the settings are others than those that were checked.
    """
    if ref.skipped is not None:
        return ref.described()
    settings: dict[str, Any] = {"spaces": spaces, "training": training, "backtest": backtest}
    settings["scalars"] = panels.folder.parents[1] / SCALARS
    phases = Phases.of(ref, hpo, panel=panel, split=split_from_table(folds), **settings)
    phases.check_accepted(ref.storage)
    # Workers map the kept panel: another run may prepare other data meanwhile.
    phases.on(panels.keep(panel)).run(ref.storage, ledger)
    return study_summary(ref.open(), ref.storage.masked)


def tabulate_trials(ref: StudyRef, _searched: dict[str, Any]) -> pd.DataFrame:
    """Return the trials of the study as a table; an empty one for a skipped study."""
    if ref.skipped is not None:
        return pd.DataFrame({"number": pd.Series(dtype="Int64")})
    if not ref.phases:
        return trials_table(checked(ref.open()))
    tables = [trials_table(checked(study.open())).assign(study=study.study_name) for study in ref.begun()]
    return pd.concat(tables, ignore_index=True)


def collect_results(model_type: str, ref: StudyRef, _searched: dict[str, Any]) -> dict[str, Any]:
    """Return the results of one model type, with the settings that have led to its study's conditions."""
    if ref.skipped is not None:
        return {"model_type": model_type, **ref.described()}
    results = {**model_results(checked(ref.open()), model_type, ref.storage.masked), "terms": dict(ref.terms)}
    if not ref.phases:
        return results
    phase_of = dict(zip(ref.names, ref.phases, strict=True))
    return results | phases_spent({phase_of[study.study_name]: checked(study.open()) for study in ref.begun()})


def combine_results(results: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Compare the model types."""
    return combined_results([result for result in results.values() if "model_type" in result])
