"""What a trial costs, and whether it may: known before training, or counted up while it runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from trading_hpo.errors import OverLimitError
from trading_hpo.families.networks.cost import inference_flop, latency_ms, memory_mb, training_flop
from trading_hpo.families.networks.fold import FoldScore, Recipe, Rows
from trading_hpo.study.config import LimitsConfig


@dataclass(frozen=True)
class Costs:
    """What is known of a configuration before it is trained.

    Attributes:
        known: Costs by name.
        flop: Of one window's forecast; ``None`` unless it is asked for.
        windows: Per fold, that an epoch trains on.
    """

    known: Mapping[str, float]
    flop: float | None
    windows: Sequence[int]

    @staticmethod
    def of(recipe: Recipe, folds: Iterable[Rows], wanted: Collection[str], limits: LimitsConfig) -> "Costs":
        """Return the costs of a configuration; those that take time only where they are wanted.

        Raises:
            OverLimitError: The network, or its training, would be too large.
        """
        known = {"model_size_mb": recipe.size_mb()}
        _check("its network takes", known["model_size_mb"], "max_model_size_mb", limits.max_model_size_mb)
        windows = [min(len(rows.train), recipe.training.max_windows_per_epoch or len(rows.train)) for rows in folds]
        if "memory_mb" in wanted or limits.max_memory_mb is not None:
            known["memory_mb"] = memory_mb(recipe.architecture, recipe.chosen.batch_size, len(windows))
            _check("its training would take about", known["memory_mb"], "max_memory_mb", limits.max_memory_mb)
        if "latency_ms" in wanted:
            known["latency_ms"] = latency_ms(recipe.architecture, recipe.training.device)
        flop = inference_flop(recipe.architecture) if {"inference_mflop", "training_gflop"} & set(wanted) else None
        if flop is not None:
            known["inference_mflop"] = flop / 1e6
        return Costs(known, flop, windows)

    def after(self, scores: Sequence[FoldScore]) -> dict[str, float]:
        """Return all costs, those of training up to here.

        Args:
            scores: Of the folds that have begun, in their order.
        """
        spent = {
            "epochs": float(sum(score.epochs for score in scores)),
            "training_time_s": sum(score.seconds for score in scores),
        }
        if self.flop is not None:
            trained = sum(score.epochs * self.windows[place] for place, score in enumerate(scores))
            spent["training_gflop"] = training_flop(self.flop, trained) / 1e9
        return {**spent, **self.known}


def _check(what: str, size: float, limit: str, largest: float | None) -> None:
    if largest is not None and size > largest:
        raise OverLimitError(f"{what} {size:.2f} MB, hpo.limits.{limit} is {largest:g}")
