"""The node of the audit makes the data of a project again as the nodes that have prepared them did."""

import numpy as np
import pandas as pd
import pytest
from tests.makers.audits import business_days

from trading_hpo.errors import DataError
from trading_hpo.market.bars import clean_bars
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.sources.config import SourcesConfig
from trading_hpo.pipelines.audit.nodes import audit_data
from trading_hpo.pipelines.data_engineering.nodes import make_folds, make_panel
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.tasks.labels import LabelsConfig, build_labels

WINDOW = 3
FEATURES, LABELS, SOURCES = FeaturesConfig(names=("return_1", "volatility_5")), LabelsConfig(), SourcesConfig()
TERMS = {"source": "csv"}


@pytest.fixture(scope="module")
def raw():
    return business_days(400, ("A",))


def prepared(raw, folds):
    bars = clean_bars(raw, "all", SOURCES, "csv")
    panel = make_panel(build_features(bars, FEATURES), build_labels(bars, LABELS), LABELS, "csv", SOURCES, bars)
    table, _, made_of = make_folds(panel, folds, HoldoutConfig(), WINDOW, TERMS)
    return panel, table, made_of


def audited(raw, folds, panel, table, made_of):
    settings = ("all", SOURCES, "csv", FEATURES, LABELS, folds, HoldoutConfig(), 5.0)
    return audit_data(raw, *settings, WINDOW, panel, table, made_of, TERMS)


def test_data_with_the_users_own_regimes_are_made_again_with_them(raw):
    place = np.arange(len(raw)) % 80
    labels = pd.Series(np.where(place < 40, "calm", "wild")).where(place < 70)  # of some bars it is not known
    own, folds = raw.assign(regime=labels), FoldsConfig(n_folds=2)
    panel, *rest = prepared(own, folds)
    assert panel.regime_names == ("calm", "wild")
    record = audited(own, folds, panel, *rest)
    by_status = {check["name"]: check["status"] for check in record["checks"]}
    assert by_status["look-ahead"] == "clean"
    assert record["n_findings"] == 0


def test_the_folds_are_purged_of_windows_where_the_search_is(raw):
    folds = FoldsConfig(scheme="purged_kfold", n_folds=3, min_role_bars=5, purge_windows=True)
    panel, table, made_of = prepared(raw, folds)
    assert set(table.loc[table["fold"] >= 0, "lookback_bars"]) == {7}  # 5 of volatility_5, 2 of the window
    assert audited(raw, folds, panel, table, made_of)["n_findings"] == 0
    with pytest.raises(DataError, match="must give the prepared folds again"):
        audited(raw, folds.model_copy(update={"purge_windows": False}), panel, table, made_of)
