"""The exceptions that a user's mistake can raise; the command line prints them without a traceback."""

import difflib
from collections.abc import Iterable

from trading_hpo.escaping import one_line

_SHOWN_PROBLEMS = 20
_KNOWN_WORDS = 30
_WORD_LENGTH = 60


class TradingHpoError(Exception):
    """Base of every error whose message alone says what to do."""


class ConfigurationError(TradingHpoError):
    """Parameters break a rule; carries every problem found, not the first one."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(_listed("in the configuration", self.problems))


class DataError(TradingHpoError):
    """Market data break a rule; carries every problem found."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(_listed("in the data", self.problems))


class StorageError(TradingHpoError):
    """A study storage cannot be reached or is used by another search."""


class DamagedStudyError(StorageError):
    """What a study holds is not what was written to it."""


class StudyDeletedError(StorageError):
    """A study was deleted while it was searched."""

    def __init__(self, study_name: str) -> None:
        super().__init__(
            f"Study {study_name} must be kept until its search ends, got deleted by another "
            "program. Run the same command again: it searches anew."
        )


class StudyMismatchError(TradingHpoError):
    """A stored study was made under other data, folds, space or objectives."""


class StaleInputError(TradingHpoError):
    """What an earlier stage left was made on other data than are prepared now."""


class DamagedFileError(TradingHpoError):
    """A file that is trusted does not hold what was written to it."""


class MissingInputError(TradingHpoError):
    """A stage is asked for whose input an earlier stage has not made yet."""


class NothingFoundError(TradingHpoError):
    """Searches have ended without a configuration that has a value."""


class OverLimitError(TradingHpoError):
    """A trial takes more than ``hpo.limits`` allow."""


class Interrupted(Exception):  # noqa: N818 - not an error: somebody asked a training to end
    """``should_stop`` answered yes."""


def _listed(where: str, problems: list[str]) -> str:
    """A folder of 500 files may have the same mistake in each."""
    count = len(problems)
    lines = [f"1 problem {where}:" if count == 1 else f"{count} problems {where}:"]
    lines += [f"  - {one_line(problem)}" for problem in problems[:_SHOWN_PROBLEMS]]
    if count > _SHOWN_PROBLEMS:
        lines.append(f"  - and {count - _SHOWN_PROBLEMS} more")
    return "\n".join(lines)


def first_of(words: Iterable[str], n: int = 10) -> str:
    """Return the first of some words as a list for a sentence, and how many there are beside.

    Example:
        >>> first_of(["a", "b", "c"], n=2)
        'a, b and 1 more'
        >>> first_of(["x" * 100])  # doctest: +ELLIPSIS
        'xxx...xxx...'
    """
    every = [one_line(word) for word in words]
    shown = ", ".join(word if len(word) <= _WORD_LENGTH else f"{word[:_WORD_LENGTH]}..." for word in every[:n])
    return shown if len(every) <= n else f"{shown} and {len(every) - n} more"


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the closest known word, or the list of known words.

    Example:
        >>> did_you_mean("lstn", ["mlp", "lstm"])
        "Did you mean 'lstm'?"
        >>> did_you_mean("zzz", ["mlp", "lstm"])
        'Known: lstm, mlp.'
    """
    words = sorted(known)
    close = difflib.get_close_matches(str(value), words, n=1, cutoff=0.5)
    return f"Did you mean {close[0]!r}?" if close else f"Known: {first_of(words, _KNOWN_WORDS)}."
