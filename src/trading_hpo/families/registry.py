"""Model types by name: one line each, and those that plug-ins add."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trading_hpo.configuration import Config
from trading_hpo.registry import Registry, imported

if TYPE_CHECKING:
    from trading_hpo.families.family import Family


@dataclass(frozen=True)
class ModelType:
    """What a model type brings.

    Attributes:
        family: ``module:attribute`` of the ``Family`` that fits it, imported when the first model is fitted.
        config: Its own parameters with their bounds and defaults. A class variable ``search_space``, written as in
            YAML, is searched where the configuration has no space of its name.
        model: ``module:attribute`` of what the family builds, where the family asks for it.
        common: Parameters that all model types of its family have; the group ``common`` of the search spaces may
            name them.
        choices: What a trial of it may choose by name, each with parameters of its own, such as a loss: the registry of
            every such choice.
        has_epochs: Whether a fit reports on its way. One that does not cannot be pruned between its epochs.
        is_reference: Whether others must show that they are better than it: cheap, and older than what is searched.
        unknown_costs: Of ``COST_METRICS``, which its family cannot tell.
        candidates_per_batch: How many candidates a ``BatchFamily`` is given at once.
        preload: Modules that a first fit imports; with the family's, they are there once for all workers.
    """

    family: str
    config: type[Config]
    model: str = ""
    common: tuple[type[Config], ...] = ()
    choices: Mapping[str, Registry[Any]] = field(default_factory=dict)
    has_epochs: bool = True
    is_reference: bool = False
    unknown_costs: tuple[str, ...] = ()
    candidates_per_batch: int = 1
    preload: tuple[str, ...] = ()

    @property
    def modules(self) -> tuple[str, ...]:
        """What a worker needs for a first fit."""
        return (self.family.partition(":")[0], *self.preload)

    @property
    def search_space(self) -> Mapping[str, Any]:
        """What is searched where the configuration says nothing, as in YAML."""
        space: Mapping[str, Any] = getattr(self.config, "search_space", {})
        return space


# Cheap ones first: they are searched in this order.
MODEL_TYPES: Registry[ModelType] = Registry(
    "model type",
    {
        "linear": "trading_hpo.families.tabular.linear.config:MODEL_TYPE",
        "gradient_boosting": "trading_hpo.families.tabular.gradient_boosting.config:MODEL_TYPE",
        "mlp": "trading_hpo.families.networks.mlp.config:MODEL_TYPE",
        "lstm": "trading_hpo.families.networks.lstm.config:MODEL_TYPE",
        "gru": "trading_hpo.families.networks.gru.config:MODEL_TYPE",
        "cnn_lstm": "trading_hpo.families.networks.cnn_lstm.config:MODEL_TYPE",
    },
)


def family_of(model_type: str) -> "Family":
    """Import and return what fits a model type."""
    family: Family = imported(MODEL_TYPES[model_type].family)
    return family
