"""Every metric of a configuration beside the constant forecast's and buy-and-hold's, on the same bars."""

from collections.abc import Mapping
from typing import Any

from trading_hpo.metrics.registry import METRICS
from trading_hpo.reporting.page.blocks import Folded, Table
from trading_hpo.reporting.page.facts import Judged
from trading_hpo.reporting.page.first_screen import shown_name
from trading_hpo.reporting.page.numbers import number

_BASELINES = ("constant_forecast", "buy_and_hold")
_GROUPS = (("", 2), ("validation, mean over folds", 3), ("holdout", 3))


def every_metric(model_type: str, best: Mapping[str, Any], judged: Judged) -> Folded:
    """Return the metrics that the configuration has, in the order of the registry.

    Args:
        model_type: Whose.
        best: Of ``model_results``.
        judged: What the holdout says.
    """
    found = [best["metrics"], judged.holdouts.get(model_type, {}).get("metrics", {})]
    columns: list[Mapping[str, Any]] = []
    for part, own in zip(("validation", "holdout"), found, strict=True):
        columns += [own, *(judged.baselines[part][name] for name in _BASELINES)]
    names = [name for name in METRICS if any(name in own for own in found)]
    rows = [[name, METRICS[name].unit, *(number(column.get(name)) for column in columns)] for name in names]
    head = ["metric", "unit", *(model_type, *map(shown_name, _BASELINES)) * 2]
    return Folded(f"Every metric of {model_type}, beside the baselines", [Table(head, rows, _GROUPS, texts=(1,))])
