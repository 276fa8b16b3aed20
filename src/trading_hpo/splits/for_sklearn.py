"""The splitters of this project as scikit-learn splitters: for ``cross_val_score``, ``GridSearchCV`` and their like."""

from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Int
from pydantic import Field, ValidationError
from sklearn.base import BaseEstimator
from sklearn.utils.validation import _num_samples

from trading_hpo.configuration import problems_of
from trading_hpo.splits.config import FoldsConfig
from trading_hpo.splits.purging import Intervals, unpurged
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.splits.roles import make_folds
from trading_hpo.types import BarRange, Fold


class _AnyNumberOfFolds(FoldsConfig):
    """A search trains every trial on every fold; what scikit-learn does with them is its user's to say."""

    most_folds: ClassVar[float] = inf
    n_folds: int = Field(default=4, ge=1, strict=True)


class PurgedSplit(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Train and test rows of which no label interval of the one meets one of the other.

    A row's closed interval reaches from its own bar to the bar at which its label becomes known. Train is purged row by
    row, and begins anew ``embargo_bars`` after the last test label before it has ended. A test row whose label ends
    long after the others is given up where that costs fewer rows than to wait for it: it is in no test, and what needs
    every row in one, such as ``cross_val_predict``, refuses such folds. There are no stop rows: what needs some takes
    them from train.

    **Looks ahead:** label only; label ends decide what is purged. Which schemes train on the future of their test rows
    is said by each.

    Args:
        label_end: Bar at which each row's label becomes known, [N]; a row whose label is known at once has its own bar.
        scheme: Name of a splitter: ``walk_forward``, ``blocked``, ``purged_kfold``, ``combinatorial``, or a plug-in's.
        n_folds: How many; none of a scheme whose options decide it.
        embargo_bars: Between the end of the last test label and the next train row.
        bar: Number of each row's bar, [N], where several rows share one (a panel of assets) or some bars have no row;
            none numbers the rows from 0.
        window: ``walk_forward``: ``expanding`` or ``rolling``.
        first_train_fraction: ``walk_forward``: share of the bars before the first test.
        options: Of the splitter, such as ``{"groups": 6, "test_groups": 2}``.

    Example:
        >>> from sklearn.dummy import DummyClassifier
        >>> from sklearn.model_selection import cross_val_score
        >>> x, y = np.zeros((60, 1)), np.resize([0, 1, 1], 60)
        >>> folds = PurgedSplit(np.arange(60) + 3, "combinatorial", embargo_bars=1)
        >>> len(cross_val_score(DummyClassifier(), x, y, cv=folds)), folds.get_n_splits()
        (15, 15)
        >>> train, test = next(folds.split(x))
        >>> test.tolist() == list(range(20)), int(train.min())  # the label of row 19 ends on bar 22, the embargo on 23
        (True, 24)
    """

    def __init__(
        self,
        label_end: Sequence[int],
        scheme: str = "purged_kfold",
        n_folds: int | None = None,
        embargo_bars: int = 0,
        bar: Sequence[int] | None = None,
        window: str = "expanding",
        first_train_fraction: float = 0.5,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.label_end = label_end
        self.scheme = scheme
        self.n_folds = n_folds
        self.embargo_bars = embargo_bars
        self.bar = bar
        self.window = window
        self.first_train_fraction = first_train_fraction
        self.options = options

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[Int[np.ndarray, " N_train"], Int[np.ndarray, " N_test"]]]:
        """Yield the row numbers of train and test, fold after fold.

        Args:
            X: As many rows as there are label ends.
            y: Ignored.
            groups: Ignored.

        Raises:
            ValueError: A setting is wrong, lengths differ, or a fold has nothing to train on or to test.
        """
        own = self._intervals()
        if _num_samples(X) != len(own.bar):
            raise ValueError(f"X must have a row for each of {len(own.bar)} label ends, got {_num_samples(X)}.")
        for fold in self._folds(own):
            train, test = (np.flatnonzero(_rows(own, fold, role)) for role in ("train", "validation"))
            if not len(train) or not len(test):
                shorter = f"an embargo below {self.embargo_bars} bars, " if self.embargo_bars else ""
                raise ValueError(
                    f"fold {fold.number} of {self.scheme} must have rows to train on and to test, got {len(train)} and "
                    f"{len(test)} of {len(own.bar)}. Take fewer folds, {shorter}or more rows."
                )
            yield train, test

    def paths(self) -> Iterator[Int[np.ndarray, " N_test"]]:
        """Yield, fold after fold, the back-test path that each test row is a part of.

        The forecasts of all test rows of one path are those of one pass over the bars.
        """
        own = self._intervals()
        for fold in self._folds(own):
            bars = own.bar[_rows(own, fold, "validation")]
            starts = [part.start for part in fold.validation]
            yield np.asarray(fold.paths)[np.searchsorted(starts, bars, side="right") - 1]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of folds; all arguments are ignored."""
        return sum(1 for _ in self._folds(self._intervals()))

    def _intervals(self) -> Intervals:
        end = np.asarray(self.label_end)
        bar = np.arange(len(end)) if self.bar is None else np.asarray(self.bar)
        if not end.size:
            raise ValueError("label_end must have a number for each row, got no rows.")
        if bar.shape != end.shape or end.ndim != 1:
            raise ValueError(f"label_end and bar must be of the same rows, got shapes {end.shape} and {bar.shape}.")
        if not np.issubdtype(end.dtype, np.integer) or not np.issubdtype(bar.dtype, np.integer):
            raise ValueError(
                f"label_end and bar must be whole numbers of bars, got {end.dtype} and {bar.dtype}. "
                "Of moments take their places on the calendar: calendar.searchsorted(moments)."
            )
        if early := int((end < bar).sum()):
            raise ValueError(f"label_end must not be before the row's own bar, got {early} of {len(end)} that are.")
        return Intervals(bar, end)

    def _folds(self, intervals: Intervals) -> Iterator[Fold]:
        bars = BarRange(int(intervals.bar.min()), int(intervals.bar.max()) + 1)
        # All of train is learned from: no share of it stops early.
        config = self._config().model_copy(update={"stop_fraction": 0.0})
        return make_folds(bars, config, intervals)

    def _config(self) -> FoldsConfig:
        asked: dict[str, Any] = {
            "scheme": self.scheme,
            "options": dict(self.options or {}),
            "embargo_bars": self.embargo_bars,
            "window": self.window,
            "first_train_fraction": self.first_train_fraction,
        }
        try:
            n_folds = self._decided_by_options() if self.n_folds is None else self.n_folds
            return _AnyNumberOfFolds(**asked if n_folds is None else {**asked, "n_folds": n_folds})
        except ValidationError as error:
            problems = problems_of(error, FoldsConfig)
            raise ValueError(" ".join(problem.removeprefix("folds.") for problem in problems)) from None

    def _decided_by_options(self) -> int | None:
        if self.scheme not in SPLITTERS:
            return None
        splitter = SPLITTERS[self.scheme]
        if splitter.options is None or splitter.n_folds is None:
            return None
        try:
            return splitter.n_folds(splitter.options(**self.options or {}))
        except ValidationError:  # the check of all settings says what is wrong with them
            return None


def _rows(own: Intervals, fold: Fold, role: str) -> Bool[np.ndarray, " N"]:
    inside = np.any([own.inside(part) for part in fold.role(role)] or [np.zeros(len(own.bar), bool)], axis=0)
    rows: Bool[np.ndarray, " N"] = inside & unpurged(own.bar, own.end, fold, role)
    return rows
