"""statsmodels is the oracle of Holm's adjustment; what is not known counts as it would with a p-value of 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from trading_hpo.overfitting.holm import holm

p_values = st.dictionaries(st.text(max_size=3), st.floats(0, 1) | st.just(0.02), max_size=8)


@pytest.mark.parametrize("values", [[0.02], [0.03, 0.01, 0.04, 0.005], [0.02, 0.02, 0.5], [0.9, 0.0, 1.0, 0.3, 0.05]])
def test_it_agrees_with_statsmodels(values):
    expected = multipletests(values, method="holm")[1]
    assert list(holm({str(place): p for place, p in enumerate(values)}).values()) == pytest.approx(list(expected))


def test_names_keep_their_order():
    assert list(holm({"lstm": 0.3, "other": 0.1, "mlp": 0.2})) == ["lstm", "other", "mlp"]
    assert holm({}) == {}


@given(p_values, st.integers(0, 6))
def test_hypotheses_that_are_not_known_are_ones_with_a_p_value_of_one(raw, n_others):
    named = raw | {f"other {number}": 1.0 for number in range(n_others)}
    expected = holm(named)
    assert holm(raw, n_others) == pytest.approx({name: expected[name] for name in raw})


@given(p_values, st.integers(0, 6))
def test_nothing_is_below_its_raw_value_or_above_one_and_order_is_kept(raw, n_others):
    found = holm(raw, n_others)
    for name, p in raw.items():
        assert p <= found[name] <= 1
        assert all(found[name] <= found[other] for other in raw if p <= raw[other])
        assert holm(raw, n_others + 1)[name] >= found[name]


def test_by_hand():
    found = holm({"a": 0.04, "b": 0.01, "c": 0.03, "d": 0.005})
    assert found == pytest.approx({"a": 0.06, "b": 0.03, "c": 0.06, "d": 0.02})


@pytest.mark.parametrize("unusable", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(unusable):
    with pytest.raises(ValueError, match="p_values must be within 0 to 1"):
        holm({"mlp": unusable})


def test_a_negative_number_of_others_is_refused():
    with pytest.raises(ValueError, match="n_others must be at least 0, got -1"):
        holm({"mlp": 0.1}, -1)
