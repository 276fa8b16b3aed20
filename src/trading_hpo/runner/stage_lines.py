"""What people see of the stages around the searches: one line, with its seconds, of each that has something to do."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kedro.pipeline.node import Node
from rich.console import Console
from rich.live import Live
from rich.text import Text

from trading_hpo.durations import clock
from trading_hpo.escaping import rich_text
from trading_hpo.training.following import following

SHOWN = ("data_engineering", "analysis", "retraining", "evaluation", "audit")  # a search has a line of its own
BY_MODEL = ("retraining",)


class StageLines:
    """Shows the stages of a run: on a terminal a live line while a node runs, and a plain one once its stage has ended.

    A stage that trains has a line for each model type on a terminal. A stage without anything to do has none.

    Args:
        nodes: Of the run, in their order.
        console: To write to; standard error without one.
    """

    def __init__(self, nodes: Sequence[Node], console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr, highlight=False)
        self._left = [node for node in nodes if _stage(node) in SHOWN]
        self._of_models = {stage: list(_model_types(self._left, stage)) for stage in BY_MODEL}
        self._seconds: dict[str, float] = {}

    @contextmanager
    def running(self, node: Node) -> Iterator[None]:
        """Show that a node runs until the block ends."""
        stage = _stage(node)
        if stage not in SHOWN:
            yield
            return
        name, began, epochs = self._name(node), time.monotonic(), list[str]()

        def text() -> Text:
            return rich_text("  ".join([name, *epochs[-1:], f"elapsed {clock(time.monotonic() - began)}"]))

        with self._live(text), following(lambda number, at_most: epochs.append(f"epoch {number} of {at_most}")):
            yield
        seconds = time.monotonic() - began
        self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds
        if self._console.is_terminal and stage in BY_MODEL:
            self._print("  ".join([name, *epochs[-1:]]), seconds)

    def passed(self, node: Node) -> None:
        """Note that a node has run or had nothing to do; the last one of a stage ends it."""
        stage = _stage(node)
        self._left = [other for other in self._left if other is not node]
        ended = stage in self._seconds and all(_stage(other) != stage for other in self._left)
        if ended and not (self._console.is_terminal and stage in BY_MODEL):
            self._print(_words(stage), self._seconds[stage])

    @contextmanager
    def _live(self, text: Callable[[], Text]) -> Iterator[None]:
        if self._console.is_terminal:
            with Live(console=self._console, get_renderable=text, refresh_per_second=4, transient=True):
                yield
        else:
            yield

    def _name(self, node: Node) -> str:
        stage = _stage(node)
        model_type = (node.namespace or "").partition(".")[2]
        models = self._of_models.get(stage, [])
        place = f" ({models.index(model_type) + 1} of {len(models)})" if model_type in models else ""
        return " ".join(filter(None, (_words(stage), model_type))) + place

    def _print(self, name: str, seconds: float) -> None:
        self._console.print(rich_text(f"{name}  {clock(seconds)}"), soft_wrap=True)


def _stage(node: Node) -> str:
    return (node.namespace or "").partition(".")[0]


def _words(stage: str) -> str:
    return stage.replace("_", " ")


def _model_types(nodes: Sequence[Node], stage: str) -> Iterator[str]:
    yield from dict.fromkeys((node.namespace or "").partition(".")[2] for node in nodes if _stage(node) == stage)
