"""Every trial that has ever reported a score, with the bars that it was scored on.

Whoever tries a thousand configurations finds a good one by chance, and whether it is chance depends on how many there
were: on these bars, in all studies, those that were deleted since with them. The ledger only grows.

It is a file of JSON lines: one for each study, with its bars, and one for each trial, by study and slot, so that
retries, resumed searches and other machines add none twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from jaxtyping import Int
from optuna.trial import TrialState

from trading_hpo.append_only import Entries, Mark, opened
from trading_hpo.engine.store.optuna_tables import Ended, ended_trials, place_of
from trading_hpo.engine.trial_record import COST, MOMENTS, REASON, SLOT, ended_by_a_search
from trading_hpo.errors import StorageError
from trading_hpo.market.same_bars import at_the_same_time, saw_the_same, seen_bars
from trading_hpo.overfitting.sharpe import Moments
from trading_hpo.study.fingerprint import conditions_of
from trading_hpo.study.ranking import metric_of
from trading_hpo.study.validation import kept_facts
from trading_hpo.types import Panel

Line = Mapping[str, Any]


@dataclass
class Entered:
    """What the ledger is known to hold of one study: whoever asks again and again reads on from there.

    Attributes:
        mark: How far it was read.
        header: Whether it has the line of the study.
        slots: Of the trials that it has.
    """

    mark: Mark | None = None
    header: bool = False
    slots: set[Any] = field(default_factory=set)

    def learn(self, entries: Entries, study_id: str) -> None:
        """Take what was read."""
        if entries.anew:
            self.header, self.slots = False, set()
        own = [entry for entry in entries.known if entry.get("study_id") == study_id]
        self.header |= any("study_name" in entry for entry in own)
        self.slots |= {entry["slot"] for entry in own if "slot" in entry}
        self.mark = entries.mark


def enter(ledger: Path, study: optuna.Study, with_open: bool = False, entered: Entered | None = None) -> None:
    """Append what the ledger lacks of a study; called again, it appends nothing.

    A trial that failed after it had reported scores has been tried, too; its last one counts. Trials of a study that
    this project did not make are not entered.

    Args:
        ledger: The file; made where it is missing.
        study: Searched, or being searched.
        with_open: Whether trials count that have reported scores and were interrupted; they have no second chance where
            the study is about to be deleted.
        entered: What is known from an earlier call for the same study and ledger; it learns from this one.

    Raises:
        StorageError: The file cannot be written.
        DamagedFileError: A line of it is no entry.
    """
    ended = ended_trials(*place_of(study), (SLOT, MOMENTS, COST, REASON), with_open)
    trials = [_line(trial) for trial in ended if _has_score(trial)]
    if not trials or "data" not in conditions_of(study):
        return
    study_id, entered = study_id_of(study), entered or Entered()
    try:
        with opened(ledger, entered.mark) as entries:
            entered.learn(entries, study_id)
            headers = [] if entered.header else [_header(study)]
            new = [*headers, *(line for line in trials if line["slot"] not in entered.slots)]
            if new:
                entries.extend([{"study_id": study_id, **line} for line in new])
                entered.learn(entries, study_id)
    except OSError as error:
        raise StorageError(
            f"The trial ledger {ledger} must be writable, got {error.strerror}. Make room or give access, or name "
            "another file as trial_ledger in globals.yml; finished trials are kept, and the same command goes on."
        ) from error


def study_id_of(study: optuna.Study) -> str:
    """Return what no two studies share, as names do once a study was deleted."""
    return str(study.user_attrs.get("study_id", study.study_name))


def knows(ledger: Path, study: optuna.Study) -> bool:
    """Say whether the ledger has an entry of the study."""
    return study_id_of(study) in {entry["study_id"] for entry in _read(ledger)}


def n_trials(ledger: Path, seen: Line) -> int:
    """Return how many trials, of all studies, were scored on bars that overlap.

    Args:
        ledger: The file; without one there were none.
        seen: Bars as ``market.same_bars.seen_bars`` describes them: of the same asset, by name or by its moves.
    """
    return len(_on_the_same_bars(ledger, seen)[1])


def sharpes_in_errors(ledger: Path, seen: Line) -> list[float]:
    """Return the Sharpe ratios of the active returns of complete trials that were scored on bars that overlap.

    In standard errors, so that studies of other lengths and other bars can stand side by side. Trials of earlier
    versions, and those whose active returns do not vary, have none.

    Args:
        ledger: As of ``n_trials``.
        seen: As of ``n_trials``.
    """
    _, trials = _on_the_same_bars(ledger, seen)
    complete = (trial for trial in trials if trial["complete"] and trial.get("variance"))
    moments = (Moments(trial["count"], trial["mean"], trial["variance"], None, None) for trial in complete)
    return [ratio for one in moments if (ratio := one.sharpe_in_errors) is not None]


def searched_on(ledger: Path, panel: Panel, rows: Int[np.ndarray, " N"]) -> list[dict[str, Any]]:
    """Return the studies whose validation bars overlap some rows: ``study_id, study_name, first, last, trials``.

    **Looks ahead:** label only; assets are recognised by their moves.

    Args:
        ledger: As of ``n_trials``.
        panel: The data.
        rows: Such as those of a holdout that is about to be looked at.
    """
    studies, trials = _on_the_same_bars(ledger, seen_bars(panel, rows))
    ids = [trial["study_id"] for trial in trials]
    return [
        {**{name: study[name] for name in ("study_id", "study_name", "first", "last")}, "trials": ids.count(study_id)}
        for study_id, study in studies.items()
    ]


def _on_the_same_bars(ledger: Path, seen: Line) -> tuple[dict[str, Line], list[Line]]:
    """Return the studies by id, and those of their trials that were scored on a fold at the same time."""
    entries = _read(ledger)
    headers = [entry for entry in entries if "study_name" in entry and saw_the_same(entry, seen)]
    studies: dict[str, Line] = {header["study_id"]: header for header in headers}
    trials = [entry for entry in entries if "slot" in entry and entry["study_id"] in studies]
    return studies, [trial for trial in trials if _scored_then(trial, studies[trial["study_id"]], seen)]


def _scored_then(trial: Line, study: Line, seen: Line) -> bool:
    """Whether one of a trial's folds lies at the same time; with one after another, it may not have come to all."""
    spans = study.get("folds", {})
    own = [spans[str(number)] for number in trial.get("folds", ()) if str(number) in spans]
    return not own or any(at_the_same_time({"first": first, "last": last}, seen) for first, last in own)


def _read(ledger: Path) -> list[dict[str, Any]]:
    if not ledger.exists():
        return []
    with opened(ledger) as entries:
        return entries.known


def _has_score(trial: Ended) -> bool:
    own = not trial.state.is_finished() or ended_by_a_search(trial.attrs)
    return SLOT in trial.attrs and own and trial.value is not None


def _line(trial: Ended) -> dict[str, Any]:
    return {
        "slot": trial.attrs[SLOT],
        "state": trial.state.name,
        "complete": trial.state == TrialState.COMPLETE,  # on all folds
        "value": trial.value,
        **trial.attrs.get(MOMENTS, {}),
    }


def _header(study: optuna.Study) -> dict[str, Any]:
    made_under = conditions_of(study)
    data = made_under["data"]
    # A study of an earlier version does not say which of its bars were validated: all that it has seen count.
    all_bars = {
        "assets": data["assets"],
        "first": data["first"],
        "last": made_under.get("searched_until", data["last"]),
    }
    return {
        "study_name": study.study_name,
        "model_type": study.study_name.rpartition(".")[2],
        "metric": metric_of(study),
        "label": data["label"],
        "horizon_bars": data["horizon_bars"],
        **(kept_facts(*place_of(study)) or all_bars),
    }
