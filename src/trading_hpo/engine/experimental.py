"""Parts of Optuna that it calls experimental and that this project has tests for."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import optuna


@contextmanager
def accepted_as_experimental() -> Iterator[None]:
    """Use an experimental part of Optuna without its notice, which means nothing to a user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
