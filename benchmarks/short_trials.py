"""A search whose trials train nothing: what it takes is the search itself, and a hundred of them can be killed.

``python -m benchmarks.short_trials URL STUDY`` runs one in a process of its own.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.engine.candidate import Candidate, Report
from trading_hpo.engine.space import FloatParameter
from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.engine.store.writer import PATIENCE_S
from trading_hpo.engine.trial_record import FOLDS, METRICS, MOMENTS, SPREAD
from trading_hpo.errors import Interrupted, TradingHpoError
from trading_hpo.splits.folds import Split
from trading_hpo.study.config import HpoConfig
from trading_hpo.study.evaluation import EvaluationTask
from trading_hpo.study.search import Search
from trading_hpo.study.trial_returns import Series, Traded, active_returns, moments, payload_of, series_by_path
from trading_hpo.tasks.direction import Direction
from trading_hpo.training.config import TrainingConfig
from trading_hpo.types import BarRange, Fold

N_PARAMETERS = 15
SPACE = {f"p{number}": FloatParameter(type="float", low=0.0, high=1.0) for number in range(N_PARAMETERS)}
BAD_VALUES = (math.nan, math.inf, -math.inf)


@dataclass(frozen=True)
class ShortTrials:
    """Stands for a ``TrialEvaluator``.

    Attributes:
        reports: Of each trial.
        seconds: That it sleeps for, in all.
        faulty: Share of trials that are worth nothing or raise; which ones, their parameters say.
        bars: Of each trial's return series; without any there is none.
        keeps: Whether the series are kept; else they are made up and dropped, which is the stand-in's own cost.
    """

    reports: int = 20
    seconds: float = 0.0
    faulty: float = 0.0
    bars: int = 0
    keeps: bool = True

    def evaluate(self, candidate: Candidate, should_stop: Callable[[], bool]) -> Iterator[Report]:
        """Yield the sum of the parameters, a part of it at every step."""
        parameters = candidate.parameters
        worth = sum(parameters.values())
        if parameters["p0"] < self.faulty:
            worth = self._fault(parameters["p1"])
        for step in range(1, self.reports + 1):
            if should_stop():
                raise Interrupted
            if self.seconds:
                time.sleep(self.seconds / self.reports)
            report = _report(worth * step / self.reports, step, step == self.reports)
            yield replace(report, at_end=partial(self._with_returns, candidate.slot)) if self.bars else report

    def _with_returns(self, slot: int, report: Report) -> Report:
        """Add what a trial of real models has at its end: four folds of returns that follow from the slot."""
        net = np.random.default_rng(slot).normal(0, 0.01, self.bars)
        spans = np.array_split(np.arange(self.bars), 4)
        folds = [Fold(n, (), (), (BarRange(int(own[0]), int(own[-1]) + 1),)) for n, own in enumerate(spans)]
        traded = [Traded(fold, own, net[own], np.ones(len(own))) for fold, own in zip(folds, spans, strict=True)]
        if not self.keeps:
            return report
        series = series_by_path(traded)
        constant = Series(np.arange(self.bars), np.zeros(self.bars), np.ones(self.bars))
        kept = moments(active_returns(series, {0: constant}))
        return replace(report, record={**report.record, MOMENTS: kept}, payload=payload_of(series))

    @staticmethod
    def _fault(which: float) -> float:
        if which > 0.75:
            raise RuntimeError("it broke")
        return BAD_VALUES[int(which * 4)]


def _report(value: float, step: int, finished: bool) -> Report:
    folds = [{"fold": number, "epochs": step, "metrics": {"mcc": value}} for number in range(4)]
    cost = {"epochs": float(step), "training_time_s": 0.0, "model_size_mb": 0.0}
    record = {METRICS: {"mcc": value}, SPREAD: {"mcc": 0.0}, FOLDS: folds}
    return Report((value,), step, (value,), finished, cost=cost, record=record)


def _make(evaluator: ShortTrials, _task: EvaluationTask, _panel_path: Path) -> ShortTrials:
    return evaluator


def short_search(name: str, runner: ShortTrials, **hpo: Any) -> Search:
    """Return a search of such trials; keyword arguments go to the group ``hpo``."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    config = HpoConfig(**{"sampler": "random", "pruner": "none", "workers": 1, **hpo}).for_task(Direction())
    training = TrainingConfig(epochs=runner.reports)
    task = EvaluationTask(
        "mlp",
        Split((), BarRange(0, 1), BarRange(0, 1)),
        training,
        BacktestConfig(),
        ("mcc",),
        (),
        1,
        config.seed,
        "",
    )
    data = {"assets": ["A"], "label": "direction", "horizon_bars": 1, "first": "2020-01-01", "last": "2020-12-31"}
    fingerprint = {"fold_order": "lockstep", "seed": config.seed, "data": data}
    return Search(name, SPACE, task, fingerprint, config, Path(), make=partial(_make, runner))


def make_study(together: Barrier, url: str, name: str) -> None:
    """Make a study at the same moment as others do."""
    search = short_search(name, ShortTrials(), n_trials=1)
    together.wait()
    search.open(StudyStorage(url))


def main() -> int:
    """Run a search and return the exit code that ``kedro run`` would."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.short_trials")
    parser.add_argument("url")
    parser.add_argument("study")
    parser.add_argument("--n-trials", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--reports", type=int, default=3)
    parser.add_argument("--faulty", type=float, default=0.0)
    parser.add_argument("--bars", type=int, default=0)
    parser.add_argument("--ledger", type=Path, default=None)
    parser.add_argument("--sampler", default="random")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds for a storage that is away")
    chosen = parser.parse_args()
    runner = ShortTrials(chosen.reports, chosen.seconds, chosen.faulty, chosen.bars)
    hpo = {"n_trials": chosen.n_trials, "workers": chosen.workers, "sampler": chosen.sampler}
    search = short_search(chosen.study, runner, **hpo)
    search = replace(search, patience_s=chosen.patience)
    try:
        search.run(StudyStorage(chosen.url), chosen.ledger)
    except KeyboardInterrupt:
        return 130
    except TradingHpoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    from benchmarks.short_trials import main as known  # by a name under which workers find it too

    sys.exit(known())
