"""A family whose candidates may choose how their forecasts are traded, beside what is fitted."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trading_hpo.backtest.config import BacktestConfig
from trading_hpo.families.family import Costs, Family, FinalData, FoldScore, StudyData, TrainedModel
from trading_hpo.families.registry import family_of
from trading_hpo.tasks.positions.registry import CHOSEN_BY, POSITIONS, parameters_of_rule

POSITIONS_OF = "positions"  # of a model's card: the rule, where its trial has chosen one


@dataclass(frozen=True)
class TradedFamily(Family):
    """Takes the position rule out of a candidate's parameters, and trades its forecasts by it.

    What is fitted never knows the rule: the same other parameters lead to the same model under every rule, unless its
    epochs are chosen by a metric of trades.

    Attributes:
        family: That fits.
    """

    family: Family

    def shared(self, data: StudyData) -> Any:
        """Return what the family makes of the data."""
        return self.family.shared(data)

    def costs(self, parameters: Mapping[str, Any], data: StudyData, wanted: Collection[str]) -> Costs:
        """Return what the family says; a rule costs nothing."""
        return self.family.costs(fitted_by(parameters), data, wanted)

    def fit_fold(
        self,
        parameters: Mapping[str, Any],
        fold: int,
        data: StudyData,
        shared: Any,
        should_stop: Callable[[], bool],
    ) -> Iterator[FoldScore]:
        """Yield what the fold is worth, traded by the candidate's rule."""
        data = replace(data, backtest=traded_by(parameters, data.backtest), benchmark=data.backtest)
        return self.family.fit_fold(fitted_by(parameters), fold, data, shared, should_stop)

    def fit_final(self, parameters: Mapping[str, Any], data: FinalData, card: Mapping[str, Any]) -> TrainedModel:
        """Return the model; its card says by what rule it is traded, where its trial has chosen one."""
        data = replace(data, backtest=traded_by(parameters, data.backtest), benchmark=data.backtest)
        rule = {POSITIONS_OF: data.backtest.model_dump(mode="json")["positions"]} if CHOSEN_BY in parameters else {}
        return self.family.fit_final(fitted_by(parameters), data, {**card, **rule})

    def load(self, folder: Path) -> TrainedModel:
        """Read a model."""
        return self.family.load(folder)


def traded_family(model_type: str) -> Family:
    """Return what fits a model type, and trades as each candidate chooses.

    A family that fits many candidates at once trades all alike.
    """
    family = family_of(model_type)
    return family if hasattr(family, "evaluate_many") else TradedFamily(family)


def fitted_by(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters without those of the position rule."""
    taken = {CHOSEN_BY, *(name for rule in POSITIONS for name in parameters_of_rule(rule))}
    return {name: value for name, value in parameters.items() if name not in taken}


def traded_by(parameters: Mapping[str, Any], backtest: BacktestConfig) -> BacktestConfig:
    """Return the back-test with the rule that a candidate has chosen, and its parameters.

    Example:
        >>> traded_by({"positions": "long_short", "dropout_rate": 0.1}, BacktestConfig()).positions
        LongShort(name='long_short')
    """
    if CHOSEN_BY not in parameters:
        return backtest
    name = parameters[CHOSEN_BY]
    own = {option: parameters[option] for option in parameters_of_rule(name) if option in parameters}
    written: Any = backtest.model_dump()["positions"]  # a rule without options is its name
    configured = written if isinstance(written, dict) and backtest.positions.name == name else {"name": name}
    return backtest.model_copy(update={"positions": POSITIONS[name](**{**configured, **own})})


def traded_as(card: Mapping[str, Any], backtest: BacktestConfig) -> BacktestConfig:
    """Return the back-test with the rule that a model's trial has chosen, if it has."""
    if POSITIONS_OF not in card:
        return backtest
    return BacktestConfig(**{**backtest.model_dump(mode="json"), "positions": card[POSITIONS_OF]})
