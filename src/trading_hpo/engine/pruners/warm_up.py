"""What the pruners share that compare a trial's best so far with a quantile of the earlier trials."""

from pydantic import Field

from trading_hpo.engine.pruners.base import PrunerConfig


class WarmUpConfig(PrunerConfig):
    """When such a pruner begins to judge, and how often it does."""

    n_startup_trials: int = Field(
        default=3, ge=0, strict=True, description="complete trials before the first is given up"
    )
    n_warmup_epochs: int = Field(default=1, ge=0, strict=True, description="the first epochs, which are never judged")
    interval_epochs: int = Field(default=1, ge=1, strict=True, description="of the others one in so many is judged")

    @property
    def steps(self) -> dict[str, int]:
        """The options as Optuna names them."""
        return {
            "n_startup_trials": self.n_startup_trials,
            # Optuna judges from step n_warmup_steps on and counts from 0; our epochs begin at 1.
            "n_warmup_steps": self.n_warmup_epochs + 1,
            "interval_steps": self.interval_epochs,
        }
