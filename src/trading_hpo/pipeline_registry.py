"""The pipelines by name."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module

from kedro.pipeline import Pipeline

from trading_hpo.runner.reusing import ON_REQUEST, STAGES


class LazyPipelines(Mapping[str, Pipeline]):
    """Pipelines by name, each made when it is asked for: only then are the libraries of its nodes imported.

    Args:
        makers: Of the pipelines.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Pipeline]]) -> None:
        self._makers, self._made = makers, dict[str, Pipeline]()

    def __getitem__(self, name: str) -> Pipeline:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def register_pipelines() -> Mapping[str, Pipeline]:
    """Return every pipeline; ``hpo`` and ``audit`` bring data engineering along, reused while nothing changed."""
    stages = LazyPipelines({name: partial(_stage, name) for name in (*STAGES, *ON_REQUEST)})
    return LazyPipelines(
        {
            **{name: partial(stages.__getitem__, name) for name in STAGES},
            "hpo": lambda: stages["data_engineering"] + stages["hpo"],
            "audit": lambda: stages["data_engineering"] + stages["audit"],
            "__default__": lambda: sum((stages[name] for name in STAGES), Pipeline([])),
        }
    )


def _stage(name: str) -> Pipeline:
    with warnings.catch_warnings():
        # A dataset's dot is its model type's namespace; Kedro looks for the stage's in front of it.
        warnings.filterwarnings("ignore", message="One or more dataset names contain '.' characters")
        pipeline: Pipeline = import_module(f"trading_hpo.pipelines.{name}").create_pipeline()
    return pipeline
