"""Task by name."""

from collections.abc import Mapping
from typing import Any

from trading_hpo.registry import Registry
from trading_hpo.tasks.direction import Direction
from trading_hpo.tasks.forward_return import ForwardReturn
from trading_hpo.tasks.joint import Joint
from trading_hpo.tasks.path import Path
from trading_hpo.tasks.task import Task
from trading_hpo.tasks.triple_barrier import TripleBarrier
from trading_hpo.tasks.volatility import Volatility

TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "direction": Direction,
        "volatility": Volatility,
        "forward_return": ForwardReturn,
        "joint": Joint,
        "path": Path,
        "triple_barrier": TripleBarrier,
    },
)


def task_of(label: Mapping[str, Any]) -> Task:
    """Return the task that a label names.

    Args:
        label: ``kind`` and the task's own options, as ``label_of`` writes them.

    Example:
        >>> task_of({"kind": "volatility", "horizon_bars": 1})
        Volatility(horizon_bars=5, median_bars=252)
    """
    return TASKS[label["kind"]](**{name: value for name, value in label.items() if name != "kind"})


def label_of(task: Task) -> dict[str, Any]:
    """Return a task as plain data, which panels and networks carry.

    Example:
        >>> label_of(Direction(horizon_bars=3))
        {'kind': 'direction', 'horizon_bars': 3, 'threshold': 0.0}
    """
    return {"kind": task.name, **task.model_dump(mode="json")}
