"""A position rule that remembers what it holds."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from trading_hpo.tasks.positions.rule import RuleWithState
from trading_hpo.tasks.task import Decision, Forecast


class PatientLongShort(RuleWithState):
    """Goes half of the way to what is called now."""

    name: Literal["patient_long_short"] = "patient_long_short"

    def position(
        self, forecast: Forecast, decision: Decision, state: Float[np.ndarray, " N"]
    ) -> Float[np.ndarray, " N"]:
        """Return the position of the rows of one bar."""
        return (state + np.where(decision.calls(forecast), 1.0, -1.0)) / 2
