"""A value that depends on where history begins is found after the warm-up that its feature declares."""

import numpy as np
import pandas as pd
import pytest
from tests.audit.plugin.leaky_features import average_at_look_back
from tests.makers.audits import business_days, project

from trading_hpo.audit.start_of_history import start_of_history
from trading_hpo.errors import DataError
from trading_hpo.market.features.feature import Feature
from trading_hpo.market.features.registry import FEATURES, STANDARD


def checked(raw, rebuild):
    return start_of_history(rebuild.build(rebuild.clean(raw)), rebuild)


@pytest.mark.parametrize("name", ["average_at_look_back", "filled_at_the_start", "whole_sample"])
def test_a_value_that_needs_more_history_than_its_warm_up_is_named(raw, leaky, name):
    check = checked(raw, project(["return_1", name]))
    (finding,) = check.findings
    assert finding.column == name
    assert pd.Timestamp(finding.cut) in set(raw["timestamp"])
    assert finding.size > 0.001
    assert "raise its warmup_bars" in finding.said


def test_the_same_average_with_its_whole_warm_up_is_clean(raw, enter):
    enter(FEATURES, "average", Feature(average_at_look_back, 150, memory="decaying"))
    check = checked(raw, project(["average"]))
    assert check.status == "clean"
    assert check.looked_at.startswith("2 later starts")


def test_features_as_small_as_returns_of_minutes_are_compared_at_their_size(raw, enter):
    small = Feature(lambda bars: average_at_look_back(bars) * 1e-6, 19, memory="decaying")
    enter(FEATURES, "small", small)
    assert [finding.column for finding in checked(raw, project(["small"])).findings] == ["small"]


def test_our_features_are_clean():
    assert checked(business_days(900), project(STANDARD)).findings == ()


def test_too_few_bars_for_a_later_start_are_an_answer(raw):
    few = checked(raw.groupby("asset").head(260), project(["momentum_12_1"]))
    assert few.status == "too few"
    first = (
        "no later start makes these features, not even from 2020-03-30T00:00:00+00:00: bars must be more than the 252"
    )
    assert few.looked_at.startswith(first)
    assert np.size(few.findings) == 0


def test_a_start_that_is_left_out_is_named_with_its_reason(raw):
    usual = project()

    def of_spring(bars):
        if bars["timestamp"].min() > pd.Timestamp("2020-08-01", tz="UTC"):
            raise DataError(["the feature needs bars of a spring."])
        return usual.features(bars)

    check = checked(raw, project(features=of_spring))
    assert check.status == "clean"
    assert check.looked_at == (
        "1 later start; 1 feature column; not from 2020-11-25T00:00:00+00:00: the feature needs bars of a spring."
    )
