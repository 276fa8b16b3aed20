"""A configuration is trained on the terms it was found on, or not at all."""

import numpy as np
import pytest
from tests.makers.panels import panel_of
from tests.pipelines.conftest import TERMS

from trading_hpo.engine.store.storage import StudyStorage
from trading_hpo.errors import StaleInputError
from trading_hpo.market.panel import panel_digest, save_panel
from trading_hpo.pipelines.retraining.nodes import retrain
from trading_hpo.study.conditions import Conditions
from trading_hpo.training.config import RetrainingConfig

STORAGE = StudyStorage("sqlite:////nowhere/studies.db")  # results are trained where their study is gone, too


def trained(panels, found, terms=TERMS, **retraining):
    return retrain("mlp", found, STORAGE, panels, terms, RetrainingConfig(**retraining), "cpu")


def test_a_model_says_what_it_knows_of(panel, panels, found, split):
    card = trained(panels, found).card
    assert card["panel_digest"] == panel_digest(panel)
    assert card["searched_until"] == panel.timestamps[478].isoformat()
    assert card["trained_until"] == panel.timestamps[split.holdout.start - 1].isoformat()
    assert Conditions("test.mlp", card["conditions"]).split == split
    assert card["terms"] == TERMS


def test_the_stop_rows_are_the_tail_before_the_holdout_and_the_train_rows_end_before_them(panel, panels, found, split):
    card, edge = trained(panels, found).card, split.search.stop - int(len(split.search) * 0.25)
    train = [row for row in split.search_rows(panel, 2) if panel.bar[row] < edge and panel.label_end[row] < edge]
    stop = [row for row in split.search_rows(panel, 2) if panel.bar[row] >= edge]
    assert (card["train_rows"], card["stop_rows"]) == (len(train), len(stop))


def test_nothing_found_is_nothing_trained(panels):
    assert trained(panels, {"best": None, "skipped": "no study"}) == {"skipped": "no study"}


def test_data_that_are_prepared_later_do_not_matter(panel, panels, found):
    before = trained(panels, found)
    save_panel(panel_of(2, 300, seed=9), panel.path)
    after = trained(panels, found)
    for name, weights in before.network.state_dict().items():
        np.testing.assert_array_equal(weights.numpy(), after.network.state_dict()[name].numpy())


def test_data_that_are_not_kept_are_refused(panels, found):
    panels.path(found["panel_digest"]).unlink()
    with pytest.raises(StaleInputError, match=r"The data of study test\.mlp must be in"):
        trained(panels, found)


@pytest.mark.parametrize(
    ("group", "name", "other"),
    [("holdout", "fraction", 0.4), ("folds", "stop_fraction", 0.1), ("training", "clip_sigma", 3.0)],
)
def test_other_settings_are_refused_with_what_differs(panels, found, group, name, other):
    terms = {**TERMS, group: {**TERMS[group], name: other}}
    before = TERMS[group][name]
    with pytest.raises(StaleInputError, match=rf"with other settings .*\n +{group}.{name}: {before} -> {other}\n"):
        trained(panels, found, terms)


def test_epochs_of_the_final_training_are_a_setting_of_their_own(panels, found):
    terms = {**TERMS, "training": {**TERMS["training"], "epochs": 9}}
    with pytest.raises(StaleInputError, match=r"Epochs of the final training alone are retraining\.epochs"):
        trained(panels, found, terms)
    card = trained(panels, found, epochs=1).card
    assert (card["epochs"], card["settings"]["epochs"]) == (1, 1)
    assert trained(panels, found).card["settings"]["epochs"] == 2


def test_results_of_an_earlier_version_are_refused(panels, found):
    with pytest.raises(StaleInputError, match=r"earlier version\. Run `kedro run --pipeline hpo`"):
        trained(panels, {name: value for name, value in found.items() if name != "terms"})
