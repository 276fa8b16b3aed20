"""A feature of prices as such is found; ratios of prices are not."""

import pytest
from tests.makers.audits import business_days, project

from trading_hpo.audit.price_scale import price_scale
from trading_hpo.errors import DataError
from trading_hpo.market.features.registry import STANDARD


def checked(raw, rebuild):
    return price_scale(rebuild.build(rebuild.clean(raw)), rebuild)


def test_a_feature_that_changes_with_the_unit_of_prices_is_named(raw, leaky):
    check = checked(raw, project(["return_1", "price_level"]))
    (finding,) = check.findings
    assert finding.column == "price_level"
    assert finding.cut == raw["timestamp"].iloc[5].isoformat()  # its first value
    assert finding.size > 1


def test_it_needs_features_of_other_prices_and_no_panel(raw):
    usual, known = project(), raw["close"].max()

    def of_the_file(bars, table):
        if bars["close"].max() != known:
            raise DataError(["prices must be those of the file, got others."])
        return usual.panel(bars, table)

    assert checked(raw, project(panel=of_the_file)).status == "clean"


def test_features_that_cannot_be_made_in_another_unit_are_refused_in_words(raw):
    usual, known = project(), raw["close"].max()

    def of_the_file(bars):
        if bars["close"].max() != known:
            raise DataError(["prices must be those of the file, got others."])
        return usual.features(bars)

    with pytest.raises(DataError, match="made again with prices in another unit, got: prices must be"):
        checked(raw, project(features=of_the_file))


def test_our_features_are_clean():
    assert checked(business_days(400), project(STANDARD)).findings == ()
