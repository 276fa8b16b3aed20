"""Pruners by name: one file and one line each."""

from typing import Annotated

from trading_hpo.configuration import OneOf
from trading_hpo.engine.pruners.base import PrunerConfig
from trading_hpo.registry import Registry

PRUNERS: Registry[type[PrunerConfig]] = Registry(
    "pruner",
    {
        "median": "trading_hpo.engine.pruners.median:MedianConfig",
        "percentile": "trading_hpo.engine.pruners.percentile:PercentileConfig",
        "successive_halving": "trading_hpo.engine.pruners.successive_halving:SuccessiveHalvingConfig",
        "hyperband": "trading_hpo.engine.pruners.hyperband:HyperbandConfig",
        "patient": "trading_hpo.engine.pruners.patient:PatientConfig",
        "wilcoxon": "trading_hpo.engine.pruners.wilcoxon:WilcoxonConfig",
        "none": "trading_hpo.engine.pruners.none:NoneConfig",
    },
)

Pruner = Annotated[PrunerConfig, OneOf(PRUNERS)]
