"""What a trial was worth in each regime of the market: kept with every trial that has ended on all folds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int

from trading_hpo.engine.trial_record import REGIMES
from trading_hpo.families.family import FoldScore, StudyData
from trading_hpo.families.judged_paths import judged_paths
from trading_hpo.families.regime_scores import Scale, regime_scores
from trading_hpo.market.regimes import Regimes, regimes_of
from trading_hpo.study.trial_returns import Series
from trading_hpo.types import Fold


@dataclass(frozen=True)
class TrialRegimes:
    """Judges the trials of a study by regime.

    Attributes:
        data: Of the study.
        folds: By number.
        metric: Of a forecast.
    """

    data: StudyData
    folds: Mapping[int, Fold]
    metric: str

    @cached_property
    def _regimes(self) -> tuple[Regimes, ...]:
        """The same for all trials."""
        return regimes_of(self.data.panel)

    @cached_property
    def _rows(self) -> dict[int, Int[np.ndarray, " N"]]:
        """Those that are judged, by fold."""
        return {number: own.traded[own.judged] for number, own in self.data.folds.items()}

    def record(self, scores: Sequence[FoldScore], series: Mapping[int, Series]) -> dict[str, Any]:
        """Return what is kept with a trial; nothing of one that has not come to all folds, or does not say its rows.

        **Looks ahead:** label only, of validation, to judge.

        Args:
            scores: Of the folds, at their ends.
            series: What was earned, by path.
        """
        judged = [(score.fold, score.judged) for score in scores if score.judged is not None]
        if len(judged) < len(self.folds):
            return {}
        of_folds = ((self.folds[number], self._rows[number], own) for number, own in judged)
        paths = judged_paths(of_folds, {path: (own.bars, own.net) for path, own in series.items()})
        panel, weight = self.data.panel, self.data.backtest.regression_weight
        scale = Scale(self.metric, weight, panel.bars_per_year, panel.horizon_bars)
        return {REGIMES: regime_scores(self._regimes, paths, scale)}
