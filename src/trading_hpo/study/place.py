"""Which one of a run's searches a search is."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """Which one of a run's searches a search is.

    Attributes:
        number: From 1.
        of: How many model types the run searches.
        later: Those that it searches afterwards.
        epoch_seconds: By model type, of a configuration from the middle of its search space; one mapping for all
            searches of a run, filled by the first.
    """

    number: int
    of: int
    later: Sequence[str] = ()
    epoch_seconds: dict[str, float] = field(default_factory=dict)

    def knows(self, model_type: str) -> bool:
        """Whether what an epoch takes is known of a model type and of all that follow."""
        return {model_type, *self.later} <= self.epoch_seconds.keys()
