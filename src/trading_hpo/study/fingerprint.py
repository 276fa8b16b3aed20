"""What a stored study says of itself; read with Optuna alone, so that commands which only look start at once."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # so that a changed sampler is no changed code of whoever asks for a digest alone
    import optuna

FINGERPRINT = "fingerprint"  # among the attributes of a study
TRANSFERRED = "remembers"  # user attribute of the new study
RESERVED = "memory."  # begins the names of what studies remember of earlier ones


def conditions_of(study: "optuna.Study") -> Mapping[str, Any]:
    """Return the fingerprint that a study was made with; empty where it was not made by this project."""
    recorded: Mapping[str, Any] = study.user_attrs.get(FINGERPRINT, {})
    return recorded


def knows_until(study: "optuna.Study") -> str | None:
    """The last moment that a study knows something of: by its own folds, or from those who taught it."""
    own = conditions_of(study).get("searched_until")
    return None if own is None else max(own, study.user_attrs.get(TRANSFERRED, {}).get("until", ""))
