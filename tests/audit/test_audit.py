"""The whole audit: all checks on the prepared data, one record, and who asks for it later."""

import json
from dataclasses import replace
from itertools import count

import numpy as np
import pandas as pd
import pytest
from tests.makers.audits import project

from trading_hpo.audit.audit import audit, audit_of
from trading_hpo.errors import DataError, MissingInputError
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES
from trading_hpo.market.panel import panel_digest

TERMS = {"folds": {"n_folds": 2}}


def audited(raw, rebuild):
    panel = rebuild.build(rebuild.clean(raw)).panel
    return audit(raw, rebuild, panel, rebuild.split(panel), 0.15, TERMS), panel


def test_its_record_is_kept_by_the_digest_of_the_panel_and_found_by_it(raw):
    found, panel = audited(raw, project())
    record = json.loads(json.dumps(found.record(), allow_nan=False))
    assert record["panel_digest"] == panel_digest(panel)
    assert record["n_findings"] == found.n_findings == 0
    assert [check["status"] for check in record["checks"]] == ["clean"] * 5
    assert audit_of({panel_digest(panel): record}, panel_digest(panel), TERMS) == record


def test_findings_are_in_the_record_with_column_cut_and_size(raw, leaky):
    found, _ = audited(raw, project(["return_1", "lagging_span", "price_level"]))
    by_check = {check["name"]: check["findings"] for check in found.record()["checks"]}
    assert [finding["column"] for finding in by_check["look-ahead"]] == ["lagging_span"]
    assert [finding["column"] for finding in by_check["price scale"]] == ["price_level"]
    assert found.n_findings == sum(map(len, by_check.values()))
    assert all(finding["size"] > 0 and finding["said"] for own in by_check.values() for finding in own)


@pytest.mark.parametrize("kept", [{}, {"other": {}}, {"here": {"terms": {"folds": {"n_folds": 3}}}}])
def test_without_an_audit_of_these_data_and_folds_it_says_how_to_make_one(kept):
    with pytest.raises(MissingInputError, match=r"Run `kedro audit`\.$"):
        audit_of(kept, "here", TERMS)


def test_data_that_are_others_each_time_are_refused_in_words(raw, enter):
    times = count()

    def at_random(bars):
        return pd.Series(np.random.default_rng(next(times)).normal(size=len(bars)), index=bars.index)

    enter(FEATURES, "at_random", Feature(at_random, 0))
    with pytest.raises(DataError, match=r"must give the prepared data again, got others: a feature or a label draws"):
        audited(raw, project(["return_1", "at_random"]))


def test_folds_that_are_others_than_the_prepared_ones_are_refused_in_words(raw):
    rebuild = project()
    panel = rebuild.build(rebuild.clean(raw)).panel
    split = rebuild.split(panel)
    prepared = replace(split, folds=tuple(replace(fold, lookback_bars=7) for fold in split.folds))
    with pytest.raises(DataError, match=r"must give the prepared folds again, got others: the splitter draws"):
        audit(raw, rebuild, panel, prepared, 0.15, TERMS)
