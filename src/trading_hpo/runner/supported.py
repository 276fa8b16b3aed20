"""Which of Kedro's runners run the project; the others are refused in words."""

from trading_hpo.errors import ConfigurationError

IN_PARALLEL = "The searches train in parallel by themselves, as many trials at once as hpo.workers says"
_WHY_NOT = {
    "ParallelRunner": "runs nodes in processes of its own, in which neither tracking nor the reuse of results works",
    "ThreadRunner": "runs nodes in threads, in which a search cannot be stopped and tracked runs are mixed up",
}


def check_runner(names: list[str], is_async: bool = False) -> None:
    """Refuse what cannot run the project.

    Args:
        names: Of the runner's class and its bases.
        is_async: Whether datasets are to be loaded and saved in threads.

    Raises:
        ConfigurationError: With what to do instead.
    """
    for name in set(names) & set(_WHY_NOT):
        raise ConfigurationError(
            [f"the runner must run one node after another, got {name}, which {_WHY_NOT[name]}. {_INSTEAD}"]
        )
    if is_async:
        raise ConfigurationError(
            [f"is_async must be false, got true: datasets are tracked as they are loaded and saved. {_INSTEAD}"]
        )


_INSTEAD = f"{IN_PARALLEL}: leave --runner and --async out, and set --params hpo.workers=4 for four."
