"""What a trial was worth on the way, with one objective or several."""

from collections.abc import Mapping, Sequence

from optuna.trial import FrozenTrial

CURVE = "curve"  # user attribute of a trial with several objectives: Optuna stores one number per step


def curve_of(trial: FrozenTrial) -> dict[int, Sequence[float]]:
    """Return the values by epoch, one per objective."""
    kept: Mapping[str, Sequence[float]] | None = trial.user_attrs.get(CURVE)
    if kept is None:
        return {epoch: (value,) for epoch, value in trial.intermediate_values.items()}
    return {int(epoch): values for epoch, values in kept.items()}
