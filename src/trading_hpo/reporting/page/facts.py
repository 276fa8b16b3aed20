"""Facts about a run beside its results, for the page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

_RUN = re.compile(r"kedro run(?P<rest>(?: --pipelines? \S+)?)(?: --params (?P<params>[^\s`]+))?")
OWN_ENVIRONMENT = "base"  # what is read without --env


@dataclass(frozen=True)
class RunFacts:
    """A run as plain data.

    Attributes:
        name: What the names of its studies begin with.
        scenario: The configuration environment.
        source: Of the bars.
        parameters: Every parameter as text by its dotted name, without secrets.
        asked: Parameters that decide what the studies are about, to be given to a command on the same ones.
        versions: Of the libraries and of this code, by name.
        cost_bps: Costs of the traded value.
    """

    name: str
    scenario: str
    source: str
    parameters: Mapping[str, str]
    asked: Mapping[str, str]
    versions: Mapping[str, str]
    cost_bps: float = 0.0

    def typed(self, command: str) -> str:
        """Return a command about this run: its scenario and what its studies are about are put in.

        Example:
            >>> facts = RunFacts("n", "test", "csv", {}, {"source": "csv", "labels.kind": "direction"}, {})
            >>> facts.typed("kedro run --params labels.kind=volatility")
            'kedro run --env test --params source=csv,labels.kind=volatility'
            >>> facts.typed("kedro study list")
            'kedro study list'
        """
        return _RUN.sub(self._complete, command)

    def _complete(self, found: re.Match[str]) -> str:
        given = dict(item.partition("=")[::2] for item in (found["params"] or "").split(",") if item)
        options = "" if self.scenario == OWN_ENVIRONMENT else f" --env {self.scenario}"
        params = ",".join(f"{name}={value}" for name, value in {**self.asked, **given}.items())
        return f"kedro run{options}{found['rest']}{params and f' --params {params}'}"


@dataclass(frozen=True)
class Searched:
    """What the searches have found.

    Attributes:
        results: Of ``model_results`` by model type; of one without a study, why it has none.
        overall: Of ``combined_results``.
        verdicts: Sentences by model type, of validation alone.
        selection: Of ``analysis.selection_statistics``, by model type.
    """

    results: Mapping[str, Mapping[str, Any]]
    overall: Mapping[str, Any]
    verdicts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    selection: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def begun(self) -> dict[str, Mapping[str, Any]]:
        """Those that have a study."""
        return {name: result for name, result in self.results.items() if "trials" in result}

    @property
    def best(self) -> Mapping[str, Any] | None:
        """The best configuration of all, with its model type and study; none while no trial is complete."""
        best: Mapping[str, Any] | None = self.overall.get("overall_best")
        return best

    def trials(self, state: str) -> int:
        """Return how many trials of all studies are in a state."""
        return sum(result["trials"].get(state, 0) for result in self.begun.values())


@dataclass(frozen=True)
class Judged:
    """What the holdout says.

    Attributes:
        report: Of ``report_of``.
        baselines: Of ``baselines``.
        holdouts: Of ``judge_holdout``, by model type.
        years: Of ``yearly_table``.
        costs: Of ``costs_table``.
        assets: Of ``asset_table``, with the model type.
        confusion: Of ``confusion_table``.
        cost_bps: Of the run.
    """

    report: Mapping[str, Any]
    baselines: Mapping[str, Any]
    holdouts: Mapping[str, Mapping[str, Any]]
    years: pd.DataFrame
    costs: pd.DataFrame
    assets: pd.DataFrame
    confusion: pd.DataFrame
    cost_bps: float

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """One per model type that can be compared."""
        lines: Sequence[Mapping[str, Any]] = self.report["models"]
        return lines

    def line(self, model_type: str | None) -> Mapping[str, Any] | None:
        """Return the line of a model type; none of one that cannot be compared."""
        return next((line for line in self.lines if line["model_type"] == model_type), None)

    def at_own_costs(self, name: str) -> Mapping[str, Any]:
        """Return what a model type or baseline was worth on the holdout at the costs of the run."""
        is_own = np.isclose(self.costs["cost_bps"], self.cost_bps)  # the table's have six digits
        own = self.costs[(self.costs["name"] == name) & is_own]
        return dict(own.iloc[0]) if len(own) else {}
