"""Samplers by name: one file and one line each."""

from typing import Annotated

from trading_hpo.configuration import OneOf
from trading_hpo.engine.samplers.base import SamplerConfig
from trading_hpo.registry import Registry

SAMPLERS: Registry[type[SamplerConfig]] = Registry(
    "sampler",
    {
        "tpe": "trading_hpo.engine.samplers.tpe:TpeConfig",
        "random": "trading_hpo.engine.samplers.random:RandomConfig",
        "grid": "trading_hpo.engine.samplers.grid:GridConfig",
        "gp": "trading_hpo.engine.samplers.gp:GpConfig",
        "cmaes": "trading_hpo.engine.samplers.cmaes:CmaesConfig",
        "qmc": "trading_hpo.engine.samplers.qmc:QmcConfig",
        "nsga2": "trading_hpo.engine.samplers.nsga2:Nsga2Config",
        "nsga3": "trading_hpo.engine.samplers.nsga3:Nsga3Config",
    },
)

Sampler = Annotated[SamplerConfig, OneOf(SAMPLERS)]
