"""What makes two searches comparable, and how two of them differ."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from trading_hpo.backtest.config import BacktestConfig, with_both_weights
from trading_hpo.configuration import flatten
from trading_hpo.errors import StaleInputError, StudyMismatchError
from trading_hpo.escaping import one_line
from trading_hpo.market.panel import panel_digest
from trading_hpo.registry import load_plugins
from trading_hpo.splits.folds import ROLES, Split
from trading_hpo.splits.purging import Intervals
from trading_hpo.tasks.registry import task_of
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange, Fold, Panel

if TYPE_CHECKING:  # so that a changed sampler is no changed code of whoever asks for a digest alone
    from trading_hpo.study.config import HpoConfig


@dataclass(frozen=True)
class Conditions:
    """What a study was made under, read back from its fingerprint.

    Attributes:
        study_name: Whose.
        recorded: The fingerprint.

    Raises:
        StaleInputError: It was recorded by an earlier version.
    """

    study_name: str
    recorded: Mapping[str, Any]

    def __post_init__(self) -> None:
        if "search" not in self.recorded:
            raise StaleInputError(
                f"Study {one_line(self.study_name)} is of an earlier version, whose data are not kept. Give "
                "hpo.study_name another name and run `kedro run --pipeline hpo`: it is searched anew."
            )

    @property
    def panel_digest(self) -> str:
        """Of the data."""
        digest: str = self.recorded["data"]["digest"]
        return digest

    @property
    def split(self) -> Split:
        """The folds, and what lies outside of them."""
        folds = (_fold(int(number), roles) for number, roles in self.recorded["folds"].items())
        search, holdout = (BarRange(*self.recorded[name]) for name in ("search", "holdout"))
        return Split(tuple(sorted(folds, key=lambda fold: fold.number)), search, holdout)

    @property
    def longest_window(self) -> int:
        """Bars of history that every sample has."""
        return int(self.recorded["longest_window"])

    @property
    def seed(self) -> int:
        """Of the study."""
        return int(self.recorded["seed"])

    @property
    def objectives(self) -> tuple[str, ...]:
        """Metrics that the study improves."""
        return tuple(objective.partition(" ")[2] for objective in self.recorded["objectives"])

    @property
    def backtest(self) -> BacktestConfig:
        """How validation was traded."""
        return BacktestConfig(**self.recorded["backtest"])

    def training(self, **changes: Any) -> TrainingConfig:
        """Return how trials were trained, with what has no influence on a value, or is meant to differ."""
        return TrainingConfig(**{**self.recorded["training"], **changes})

    @property
    def data_key(self) -> str:
        """Digest of what two studies have in common whose networks can be judged side by side: rows and folds."""
        shared = [self.recorded[name] for name in ("data", "folds", "search", "holdout", "longest_window")]
        return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:16]


def _fold(number: int, roles: Mapping[str, Any]) -> Fold:
    train, stop, validation = (tuple(BarRange(*part) for part in roles[role]) for role in ROLES)
    paths = tuple(roles.get("paths", [0] * len(validation)))
    return Fold(number, train, stop, validation, paths, roles["embargo_bars"], roles.get("lookback_bars", 0))


def _roles(fold: Fold) -> dict[str, Any]:
    """Return a fold as plain data, which ``_fold`` reads back."""
    return {
        **{role: [[part.start, part.stop] for part in fold.role(role)] for role in ROLES},
        "embargo_bars": fold.embargo_bars,
        **({"paths": list(fold.paths)} if any(fold.paths) else {}),  # 0 where there is one path
        **({"lookback_bars": fold.lookback_bars} if fold.lookback_bars else {}),
    }


def search_fingerprint(
    panel: Panel,
    split: Split,
    space: Mapping[str, Any],
    longest_window: int,
    hpo: "HpoConfig",
    training: TrainingConfig,
    backtest: BacktestConfig,
) -> dict[str, Any]:
    """Return what decides the values of a study, as plain data.

    Sampler, pruner, limits, budget, workers and the weights of the objectives are left out: they may change between
    two runs of one study. Code and library versions are not compared either; the study keeps those it was made with.
    """
    task = task_of(panel.label)
    return {
        "data": {
            "digest": panel_digest(panel),
            "assets": list(panel.assets),
            "features": list(panel.feature_names),
            "label": panel.label["kind"],
            "horizon_bars": panel.horizon_bars,
            "bars_per_year": panel.bars_per_year,
            "first": panel.timestamps[0].isoformat(),
            "last": panel.timestamps[-1].isoformat(),
        },
        "folds": {str(fold.number): _roles(fold) for fold in split.folds},
        **{name: [part.start, part.stop] for name, part in (("search", split.search), ("holdout", split.holdout))},
        "searched_until": panel.timestamps[_last_seen(panel, split)].isoformat(),
        "longest_window": longest_window,
        "search_space": {name: parameter.model_dump(mode="json") for name, parameter in space.items()},
        "objectives": [f"{part.direction} {part.metric}" for part in hpo.for_task(task).improved],
        "constraints": [part.name for part in hpo.constraints],
        "training": training.compared(),
        "backtest": backtest.model_dump(mode="json"),
        "seed": hpo.seed,
        "fold_order": hpo.fold_order,
        **({"plugins": dict(plugins)} if (plugins := load_plugins()) else {}),
    }


def _last_seen(panel: Panel, split: Split) -> int:
    """The last bar that any fold knows something of: its labels reach further than its own bars."""
    intervals = Intervals.of(panel)
    before = intervals.end < split.holdout.start
    parts = [part for fold in split.folds for role in ROLES for part in fold.role(role)]
    inside = np.any([intervals.inside(part) for part in parts], axis=0)
    return int(intervals.end[before & inside].max())


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return a line for each key whose values differ, or that only one of two flat mappings has."""
    return [
        one_line(f"    {key}: {_short(before.get(key, 'absent'))} -> {_short(now.get(key, 'absent'))}")
        for key in sorted(before.keys() | now.keys())
        if before.get(key, "absent") != now.get(key, "absent")
    ]


_GROWN = "\nThe data have grown since: --params hpo.reoptimise=true makes a new study that learns from this one."

# Of studies that were made before these could be chosen.
_BEFORE_THEY_WERE_COMPARED = {
    "fold_order": "lockstep",
    "constraints": [],
    "backtest.classification_weight": 0.7,
    "backtest.regression_weight": 0.3,
    "training.optimizer": "adamw",
    "training.schedule": "constant",
}


def check_same(study_name: str, stored: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Refuse to go on with a study that was made under other conditions.

    Raises:
        StudyMismatchError: With each difference, and the two ways out.
    """
    now = flatten(ours)
    before = {**_not_recorded(now), **flatten(_as_now(stored))}
    if lines := differences(before, now):
        raise StudyMismatchError(
            f"Study {one_line(study_name)} was made under other conditions (stored -> now):\n"
            + "\n".join(lines)
            + "\nEither put those parameters back to go on with it, or start a new study: "
            "--params hpo.study_name=<another name>."
            + (_GROWN if now.get("data.last", "") > before.get("data.last", "") else "")
        )


def check_prepared(prepared: Mapping[str, Any], panel: Panel, today: Mapping[str, Any]) -> None:
    """Refuse to search data that were prepared with other settings than this run has.

    Args:
        prepared: Which panel the folds divide, and the settings that have led to both.
        panel: That is there.
        today: Settings of this run.

    Raises:
        StaleInputError: With each difference, and what to do.
    """
    again = "Run `kedro run --pipeline hpo`, which prepares them."
    if prepared["panel_digest"] != panel_digest(panel):
        raise StaleInputError(f"The panel and the folds must be prepared together, got those of two runs. {again}")
    terms = prepared["terms"]
    if lines := differences(flatten(terms), flatten({name: today[name] for name in terms})):
        raise StaleInputError(
            "The prepared data were made with other settings (stored -> now):\n" + "\n".join(lines) + f"\n{again}"
        )


def check_terms(study_name: str, recorded: Mapping[str, Any], today: Mapping[str, Any]) -> None:
    """Refuse settings that promise a later stage other data, folds or training than those of its study.

    Args:
        study_name: Whose results they are.
        recorded: The settings that led to the study's conditions.
        today: Those of this run.

    Raises:
        StaleInputError: With each difference, and what to do.
    """
    if lines := differences(flatten(recorded), flatten(today)):
        epochs = any(line.split(":")[0].strip() == "training.epochs" for line in lines)
        raise StaleInputError(
            f"Study {one_line(study_name)} was made with other settings (stored -> now):\n"
            + "\n".join(lines)
            + "\nPut them back, or run `kedro run` with them, which searches and trains anew."
            + (" Epochs of the final training alone are retraining.epochs." if epochs else "")
        )


def _not_recorded(now: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults for keys that older studies did not record."""
    only = {key: value for key, value in _BEFORE_THEY_WERE_COMPARED.items() if key in now}
    return only | {key: now[key] for key in ("searched_until",) if key in now}


def compared_part(fingerprint: Mapping[str, Any], part: str) -> Any:
    """Return a part of a fingerprint, of an older study as it would be recorded now."""
    recorded = _as_now(fingerprint)
    inside = {
        key.removeprefix(f"{part}."): value
        for key, value in _BEFORE_THEY_WERE_COMPARED.items()
        if key.startswith(f"{part}.")
    }
    return {**inside, **recorded.get(part, {})} if inside else recorded.get(part, _BEFORE_THEY_WERE_COMPARED.get(part))


def metrics_improved(fingerprint: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the metrics of the objectives, in their order."""
    return tuple(objective.split()[1] for objective in _as_now(fingerprint)["objectives"])


def _as_now(stored: Mapping[str, Any]) -> dict[str, Any]:
    """A study had one objective once, with its weight, and one weight of ``composite_accuracy``, or none."""
    now = {key: value for key, value in stored.items() if key != "objective"}
    if "objective" in stored:
        now["objectives"] = [f"{stored['objective']['direction']} {stored['objective']['metric']}"]
    if "backtest" in stored:
        now["backtest"] = with_both_weights(stored["backtest"])
    return now


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
