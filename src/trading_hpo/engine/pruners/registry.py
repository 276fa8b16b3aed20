"""Pruners by name."""

from collections.abc import Callable

import optuna

from trading_hpo.engine.config import PrunerConfig
from trading_hpo.engine.experimental import accepted_as_experimental
from trading_hpo.engine.pruners.halving import HyperbandPruner, SuccessiveHalvingPruner


def _median(config: PrunerConfig, _: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.MedianPruner(n_startup_trials=config.n_startup_trials, n_warmup_steps=config.n_warmup_epochs)


def _percentile(config: PrunerConfig, _: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.PercentilePruner(
        config.percentile, n_startup_trials=config.n_startup_trials, n_warmup_steps=config.n_warmup_epochs
    )


def _successive_halving(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    return SuccessiveHalvingPruner(config.min_epochs, max_epochs, config.reduction_factor)


def _hyperband(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    return HyperbandPruner(config.min_epochs, max_epochs, config.reduction_factor)


def _patient(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    wrapped = None if config.wrapped is None else make_pruner(config.wrapped, max_epochs)
    with accepted_as_experimental():
        return optuna.pruners.PatientPruner(wrapped, config.patience, config.min_delta)


def _wilcoxon(config: PrunerConfig, _: int) -> optuna.pruners.BasePruner:
    with accepted_as_experimental():
        return optuna.pruners.WilcoxonPruner(p_threshold=config.p_threshold, n_startup_steps=config.n_startup_folds)


def _none(_: PrunerConfig, __: int) -> optuna.pruners.BasePruner:
    return optuna.pruners.NopPruner()


PRUNERS: dict[str, Callable[[PrunerConfig, int], optuna.pruners.BasePruner]] = {
    "median": _median,
    "percentile": _percentile,
    "successive_halving": _successive_halving,
    "hyperband": _hyperband,
    "patient": _patient,
    "wilcoxon": _wilcoxon,
    "none": _none,
}


def make_pruner(config: PrunerConfig, max_epochs: int) -> optuna.pruners.BasePruner:
    """Return the pruner of a study.

    Args:
        config: Name and options.
        max_epochs: Of a trial.
    """
    return PRUNERS[config.name](config, max_epochs)
