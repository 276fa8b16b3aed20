"""A configuration is trained on the terms it was found on, or not at all."""

import pytest

from trading_hpo.errors import StaleInputError
from trading_hpo.market.panel import open_panel
from trading_hpo.pipelines.retraining.nodes import retrain
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import build_split, split_to_table
from trading_hpo.study.conditions import panel_digest
from trading_hpo.training.config import TrainingConfig

TRAINING = TrainingConfig(epochs=1, window_bars=2, max_windows_per_epoch=64)


@pytest.fixture
def panel(panel_file):
    return open_panel(panel_file)


@pytest.fixture
def found(panel):
    return {
        "study_name": "test.mlp",
        "metric": "mcc",
        "best": {
            "trial_number": 3,
            "value": 0.1,
            "params": {"hidden_dim_1": 4},
            "folds": [{"stopped_epoch": 1, "learning_rates": [1e-3]}],
        },
        "panel_digest": panel_digest(panel),
        "searched_until": panel.timestamps[478].isoformat(),
        "training": TRAINING.compared(),
        "longest_window": 2,
        "seed": 0,
    }


def trained(panel, found, training=TRAINING, **holdout):
    split = build_split(panel, FoldsConfig(n_folds=2, embargo_bars=2), HoldoutConfig(**holdout))
    return retrain("mlp", found, panel, split_to_table(split, panel), 2, training, 0, 0.15)


def test_a_model_says_what_it_knows_of(panel, found):
    card = trained(panel, found).card
    assert card["panel_digest"] == panel_digest(panel)
    assert card["searched_until"] == panel.timestamps[478].isoformat()
    assert card["trained_until"] == panel.timestamps[478].isoformat()


def test_nothing_found_is_nothing_trained(panel):
    assert trained(panel, {"best": None, "skipped": "no study"}) == {"skipped": "no study"}


def test_other_data_are_refused(panel, found):
    with pytest.raises(StaleInputError, match="searched on other data"):
        trained(panel, {**found, "panel_digest": "other"})


def test_a_holdout_that_begins_within_the_bars_that_were_searched_is_refused(panel, found):
    with pytest.raises(StaleInputError, match=r"chosen on bars of the holdout\. Run `kedro run --pipeline hpo`"):
        trained(panel, found, fraction=0.4)
    assert trained(panel, found, fraction=0.1).card["trial_number"] == 3


@pytest.mark.parametrize("change", [{"clip_sigma": 3.0}, {"threshold": 0.5}, {"max_windows_per_epoch": 32}])
def test_another_training_is_refused_with_what_differs(panel, found, change):
    (name,) = change
    with pytest.raises(StaleInputError, match=rf"with other settings .*\n +training.{name}: "):
        trained(panel, found, TRAINING.model_copy(update=change))


def test_epochs_of_a_trial_and_where_it_ran_are_no_difference(panel, found):
    training = TRAINING.model_copy(update={"epochs": 9, "eval_batch_size": 64})
    assert trained(panel, found, training).card["epochs"] == 1


@pytest.mark.parametrize(("name", "other"), [("longest_window", 5), ("seed", 1)])
def test_another_window_or_seed_is_refused(panel, found, name, other):
    with pytest.raises(
        StaleInputError, match=rf"with other settings .*\n +{name.removeprefix('longest_')}: {other} -> "
    ):
        trained(panel, {**found, name: other})
