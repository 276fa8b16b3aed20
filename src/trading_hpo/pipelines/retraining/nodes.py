"""Adapters between the catalog and the final training."""

from typing import Any

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import MissingInputError, StaleInputError
from trading_hpo.families.family import FinalData, TrainedModel
from trading_hpo.families.traded import traded_family
from trading_hpo.market.kept_panels import KeptPanels
from trading_hpo.study.conditions import Conditions, check_terms
from trading_hpo.study.reference import StudyRef
from trading_hpo.study.set_aside import check_not_set_aside
from trading_hpo.training.config import RetrainingConfig


def retrain(
    model_type: str,
    results: dict[str, Any],
    storage: StudyStorage,
    panels: KeptPanels,
    terms: dict[str, Any],
    retraining: RetrainingConfig,
    device: str,
) -> TrainedModel | dict[str, Any]:
    """Train the best configuration once more, on the data and with the settings of its study.

    Raises:
        MissingInputError: Nothing was ever searched.
        StaleInputError: The settings of this run are others, the study's data are not there, or a person has set the
            configuration aside since.
    """
    best = results.get("best")
    if best is None:
        if panels.is_empty:
            raise MissingInputError("There is no study to retrain yet. Run `kedro run --pipeline hpo` first.")
        return {"skipped": results.get("skipped") or results.get("nothing_found") or "no complete trial"}
    name = results["study_name"]
    if "terms" not in results:
        raise StaleInputError(f"The results of study {name} are of an earlier version. Run `kedro run --pipeline hpo`.")
    check_terms(name, results["terms"], terms)
    check_not_set_aside(StudyRef(name, storage), best["trial_number"])
    conditions = Conditions(name, results["conditions"])
    panel, split, window = panels.open(conditions.panel_digest, name), conditions.split, conditions.longest_window
    fold = split.final_fold(results["terms"]["folds"]["stop_fraction"])
    train, stop = (split.rows(panel, fold, role, window) for role in ("train", "stop"))
    training = conditions.training(device=device, **retraining.model_dump(exclude_none=True))
    data = FinalData(model_type, panel, train, stop, training, conditions.backtest, conditions.seed)
    kept = ("study_name", "metric", "panel_digest", "searched_until", "conditions", "terms")
    card = {
        **{key: results[key] for key in kept},
        "trial_number": best["trial_number"],
        "validation": best["value"],
    }
    return traded_family(model_type).fit_final(best["params"], data, card)
