"""A feature of prices as such is found; ratios of prices are not."""

from tests.makers.audits import business_days, project

from trading_hpo.audit.price_scale import price_scale
from trading_hpo.market.features.registry import STANDARD


def checked(raw, rebuild):
    return price_scale(rebuild.build(rebuild.clean(raw)), rebuild)


def test_a_feature_that_changes_with_the_unit_of_prices_is_named(raw, leaky):
    check = checked(raw, project(["return_1", "price_level"]))
    (finding,) = check.findings
    assert finding.column == "price_level"
    assert finding.cut == raw["timestamp"].iloc[5].isoformat()  # its first value
    assert finding.size > 1


def test_our_features_are_clean():
    assert checked(business_days(400), project(STANDARD)).findings == ()
