"""Kedro's runners that cannot run the project are refused, each with what to do instead."""

import pytest
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from trading_hpo.errors import ConfigurationError
from trading_hpo.runner.reusing import ReusingRunner
from trading_hpo.runner.supported import check_runner


def names(runner: type) -> list[str]:
    return [base.__name__ for base in runner.__mro__]


@pytest.mark.parametrize("runner", [SequentialRunner, ReusingRunner])
def test_runners_of_one_node_after_another_are_taken(runner):
    check_runner(names(runner))


@pytest.mark.parametrize("runner", [ParallelRunner, ThreadRunner, type("Own", (ThreadRunner,), {})])
def test_parallel_runners_and_their_heirs_are_refused_with_the_setting_that_helps(runner):
    with pytest.raises(ConfigurationError, match=r"one node after another.*hpo\.workers"):
        check_runner(names(runner))


def test_datasets_in_threads_are_refused():
    with pytest.raises(ConfigurationError, match=r"is_async must be false.*hpo\.workers"):
        check_runner(names(SequentialRunner), is_async=True)
