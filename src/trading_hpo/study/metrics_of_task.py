"""Which metrics a task's forecasts can have: what they never have is no objective, no constraint and no monitor."""

from collections.abc import Collection, Iterable, Iterator

from trading_hpo.metrics.metric import Metric, Need
from trading_hpo.metrics.registry import METRICS
from trading_hpo.tasks.task import Task
from trading_hpo.training.losses.registry import LOSSES


def provided_by(task: Task, losses: Collection[str]) -> set[Need]:
    """Return what the forecasts of a task may say, by models that one of some losses has trained.

    Args:
        task: What is predicted.
        losses: Names of those that a trial may have.

    Example:
        >>> from trading_hpo.tasks.forward_return import ForwardReturn
        >>> sorted(provided_by(ForwardReturn(), ["mse"]))
        ['number', 'price path', 'values']
    """
    if losses and learn_positions(losses):
        return set()
    heads = {LOSSES[name]().head.kind for name in losses}
    said: set[Need] = {"number", *task.provides, *(("price path",) if task.returns is not None else ())}
    return said if "quantiles" in heads else said - {"quantiles"}


def learn_positions(losses: Collection[str]) -> bool:
    """Whether all of some losses learn positions, from which no number and no probability can be read.

    Example:
        >>> learn_positions(["sharpe"]), learn_positions(["sharpe", "mse"])
        (True, False)
    """
    return all(name in LOSSES and LOSSES[name]().head.kind == "position" for name in losses)


def metrics_it_lacks(
    task: Task, losses: Collection[str], model_types: Collection[str], asked: Iterable[tuple[str, str]]
) -> Iterator[str]:
    """Yield a problem for each metric that is asked for and that the forecasts of a task never have.

    Args:
        task: What is predicted.
        losses: Names of those that a trial may have; one that does not exist is a problem of its own. Empty of model
            types that choose no loss.
        model_types: Whose trials.
        asked: Names of parameters, and of the metric that each names.
    """
    wanted = [(parameter, METRICS[name]) for parameter, name in asked if METRICS[name].needs is not None]
    if not wanted or not all(name in LOSSES for name in losses):
        return
    said = provided_by(task, losses)
    for parameter, metric in wanted:
        if metric.needs not in said:
            has = [name for name in METRICS if _is_of_forecast(METRICS[name]) and METRICS[name].needs in {None, *said}]
            by = f"training.loss={' or '.join(sorted(losses))}" if losses else " and ".join(model_types)
            yield (
                f"{parameter} must be a metric that labels.kind={task.name} has with {by}, got {metric.name!r}, which "
                f"needs {_IN_WORDS[metric.needs]}. Of the forecast it has {', '.join(has)}; of trades it has all."
            )


_IN_WORDS: dict[Need | None, str] = {
    "number": "a probability or a forecast number",
    "probability": "the probability of a class",
    "values": "a forecast number",
    "quantiles": "quantiles",
    "price path": "returns that make a price path",
}


def _is_of_forecast(metric: Metric) -> bool:
    return metric.kind in ("classification", "regression")
