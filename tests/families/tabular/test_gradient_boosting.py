from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, mean_squared_error
from threadpoolctl import threadpool_limits

from trading_hpo.families.tabular.estimator import Sample
from trading_hpo.families.tabular.gradient_boosting.config import GradientBoostingConfig
from trading_hpo.families.tabular.gradient_boosting.estimator import GRADIENT_BOOSTING

CONFIG = GradientBoostingConfig(boosting_min_samples_leaf=20, boosting_max_iterations=60, boosting_patience=5)
RNG = np.random.default_rng(0)
SIZES = {"train": 900, "stop": 400, "later": 200}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


def sample(n_rows: int, kind: str) -> Sample:
    columns = RNG.normal(size=(n_rows, 4))
    signal = np.where(columns[:, 0] > 0, columns[:, 1], -1.0) + RNG.normal(size=n_rows)
    return Sample(columns, (signal > 0).astype(float) if kind == "class" else signal)


ROWS = {kind: {name: sample(size, kind) for name, size in SIZES.items()} for kind in ("class", "number")}


def fitted(kind: str, stop: Sample | None = None, config: GradientBoostingConfig = CONFIG, seed: int = 1):
    return GRADIENT_BOOSTING.fit(config, kind, ROWS[kind]["train"], stop or ROWS[kind]["stop"], seed)


def iterations(model) -> int:
    number: int = GRADIENT_BOOSTING.described(model)["iterations"]
    return number


def stages(model, columns: np.ndarray) -> np.ndarray:
    staged = getattr(model, "staged_decision_function", None) or model.staged_predict
    return np.array(list(staged(columns)))


@pytest.mark.parametrize("kind", ROWS)
def test_as_many_trees_are_used_as_have_the_least_loss_on_the_stop_rows(kind: str) -> None:
    model, stop = fitted(kind), ROWS[kind]["stop"]
    by_stage = stages(model, stop.columns)
    losses = [
        log_loss(stop.target, 1 / (1 + np.exp(-own))) if kind == "class" else mean_squared_error(stop.target, own)
        for own in by_stage
    ]
    best = 1 + int(np.argmin(losses))
    assert iterations(model) == best == len(losses) - CONFIG.boosting_patience
    np.testing.assert_array_equal(GRADIENT_BOOSTING.output(model, stop.columns), by_stage[best - 1])


@pytest.mark.parametrize("kind", ROWS)
def test_every_tree_learns_from_all_train_rows_and_from_no_other(kind: str) -> None:
    """Were there a random split for validation, each tree would have seen fewer."""
    model = fitted(kind)
    assert {int(tree.nodes["count"][0]) for (tree,) in model._predictors} == {SIZES["train"]}


@pytest.mark.parametrize("kind", ROWS)
def test_stop_rows_say_how_many_trees_there_are_and_nothing_of_what_is_in_them(kind: str) -> None:
    stop, later = ROWS[kind]["stop"], ROWS[kind]["later"]
    against = Sample(stop.columns, 1 - stop.target if kind == "class" else -stop.target)
    model, other = fitted(kind), fitted(kind, against)
    assert iterations(other) == 1 < iterations(model)
    ours, theirs = stages(model, later.columns), stages(other, later.columns)
    np.testing.assert_array_equal(ours[: len(theirs)], theirs)


def test_at_most_as_many_trees_as_are_allowed() -> None:
    model = fitted("class", config=CONFIG.model_copy(update={"boosting_max_iterations": 3}))
    assert iterations(model) == len(model._predictors) == 3


def test_what_is_drawn_follows_from_the_seed() -> None:
    config, columns = CONFIG.model_copy(update={"boosting_max_features": 0.5}), ROWS["class"]["later"].columns
    one, again, other = (
        GRADIENT_BOOSTING.output(fitted("class", None, config, seed), columns) for seed in (1, 1, 2**62)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("kind", ROWS)
def test_a_row_has_the_same_bits_alone(kind: str) -> None:
    model, columns = fitted(kind), ROWS[kind]["later"].columns
    together = GRADIENT_BOOSTING.output(model, columns)
    np.testing.assert_array_equal([GRADIENT_BOOSTING.output(model, row[None])[0] for row in columns], together)


def test_no_fit_is_larger_than_it_was_said_to_be() -> None:
    model = fitted("number")
    taken = sum(tree.nodes.nbytes for (tree,) in model._predictors) / 1024**2
    largest = GRADIENT_BOOSTING.largest_size_mb(CONFIG, 4)
    assert taken <= largest < 20 * taken


@pytest.mark.parametrize(
    ("field", "value"), [("left", 0), ("right", 10_000), ("feature_idx", 4), ("feature_idx", -1), ("is_categorical", 1)]
)
def test_nodes_that_lead_out_of_a_tree_are_found(field: str, value: int) -> None:
    model = fitted("number")
    assert GRADIENT_BOOSTING.problem_of(model, 4) is None
    model._predictors[0][0].nodes[field][0] = value
    assert "nodes" in str(GRADIENT_BOOSTING.problem_of(model, 4))


def test_another_kind_of_model_and_other_columns_are_found() -> None:
    model = fitted("number")
    assert "of 5 columns, got some of 4" in str(GRADIENT_BOOSTING.problem_of(model, 5))
    assert "got dict" in str(GRADIENT_BOOSTING.problem_of({}, 4))
    assert isinstance(fitted("class"), HistGradientBoostingClassifier)
