"""Tables of the holdout: calls right and wrong, and years that add up to the whole."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, matthews_corrcoef

from trading_hpo.analysis.holdout_tables import CONFUSION_COLUMNS, YEAR_COLUMNS, confusion_table, yearly_table
from trading_hpo.metrics.trading import max_drawdown, sharpe


def forecasts_of(truth, called, start="2019-06-01", freq="D"):
    truth, called = np.asarray(truth, dtype=bool), np.asarray(called, dtype=bool)
    return pd.DataFrame(
        {
            "timestamp": pd.date_range(start, periods=len(truth), freq=freq, tz="UTC"),
            "asset": "A",
            "forecast": np.where(called, 0.6, 0.4),
            "called": called,
            "truth": truth,
            "target": truth.astype(float),
        }
    )


def returns_of(moves, start="2019-06-01", freq="D"):
    stamps = pd.date_range(start, periods=len(moves), freq=freq, tz="UTC")
    return pd.DataFrame({"timestamp": stamps, "net_return": moves})


def baselines_of(moves, **options):
    held = returns_of(moves, **options)
    return pd.DataFrame({"timestamp": held["timestamp"], "buy_and_hold": held["net_return"], "constant_forecast": 0.0})


# Right and wrong calls

calls = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(calls)
def test_the_counts_are_those_of_scikit_learn(pairs):
    truth, called = (np.array(side) for side in zip(*pairs, strict=True))
    tn, fp, fn, tp = confusion_matrix(truth, called, labels=[False, True]).ravel().tolist()
    (row,) = confusion_table({"lstm": forecasts_of(truth, called)}).to_dict("records")
    assert row == {
        "model_type": "lstm",
        "true_positive": tp,
        "false_positive": fp,
        "true_negative": tn,
        "false_negative": fn,
        "samples": len(pairs),
    }


def test_every_model_type_has_a_row_of_its_own_in_the_order_given():
    right, wrong = forecasts_of([1, 1, 0], [1, 1, 0]), forecasts_of([1, 1, 0], [0, 0, 1])
    table = confusion_table({"lstm": right, "mlp": wrong}).set_index("model_type")
    assert table.index.tolist() == ["lstm", "mlp"]
    assert table["true_positive"].tolist() == [2, 0]
    assert table["false_negative"].tolist() == [0, 2]


def test_without_any_look_the_table_is_empty_and_has_its_columns():
    assert confusion_table({}).columns.tolist() == list(CONFUSION_COLUMNS)


# Year by year

moves_of_days = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=900)


@given(moves_of_days)
def test_the_years_add_up_to_the_whole(moves):
    moves = np.array(moves)
    truth = moves > 0
    called = np.roll(truth, 1)
    table = yearly_table(
        {"lstm": returns_of(moves)}, {"lstm": forecasts_of(truth, called)}, baselines_of(moves / 2), bars_per_year=365
    )
    for name, whole in (("lstm", moves), ("buy_and_hold", moves / 2), ("constant_forecast", 0 * moves)):
        years = table[table["name"] == name]
        assert np.prod(1 + years["total_return"]) == pytest.approx(np.prod(1 + whole))
        assert years["bars"].sum() == len(whole)
        assert years["year"].is_monotonic_increasing
        assert (years["max_drawdown"] <= max_drawdown(whole) + 1e-12).all()
    own = table[table["name"] == "lstm"]
    assert own["samples"].sum() == len(moves)
    assert (own["positive_rate"] * own["samples"]).sum() == pytest.approx(called.sum())


def test_a_year_is_judged_by_its_own_bars():
    rng = np.random.default_rng(2)
    moves = rng.normal(0, 0.01, 800)
    truth, called = rng.random(800) < 0.5, rng.random(800) < 0.5
    table = yearly_table(
        {"lstm": returns_of(moves)}, {"lstm": forecasts_of(truth, called)}, baselines_of(moves), bars_per_year=365
    )
    year = pd.date_range("2019-06-01", periods=800).year
    for row in table[table["name"] == "lstm"].to_dict("records"):
        own = year == row["year"]
        assert row["bars"] == row["samples"] == own.sum()
        assert row["sharpe"] == pytest.approx(sharpe(moves[own], 365))
        assert row["max_drawdown"] == pytest.approx(max_drawdown(moves[own]))
        assert row["mcc"] == pytest.approx(matthews_corrcoef(truth[own], called[own]))
        assert row["positive_rate"] == pytest.approx(called[own].mean())
        assert row["no_value"] == ""
    assert table[table["name"] == "lstm"]["year"].tolist() == [2019, 2020, 2021]


def test_a_baseline_calls_nothing_and_has_no_mcc():
    table = yearly_table({}, {}, baselines_of([0.01, -0.02, 0.01]), bars_per_year=252)
    assert table.columns.tolist() == list(YEAR_COLUMNS)
    assert table["name"].tolist() == ["buy_and_hold", "constant_forecast"]
    assert table["mcc"].isna().all()
    assert table["positive_rate"].isna().all()
    assert table["samples"].tolist() == [0, 0]
    assert table["sharpe"].notna().tolist() == [True, False]  # what never trades has no variance
    calls_nothing = "mcc: it calls nothing; positive_rate: it calls nothing"
    assert table["no_value"].tolist() == [calls_nothing, f"sharpe: no variance of returns; {calls_nothing}"]


def test_the_new_year_begins_at_midnight_utc_for_calls_and_returns_alike():
    hours = {"start": "2019-12-31 22:00", "freq": "h"}
    table = yearly_table(
        {"lstm": returns_of([0.1, 0.2, 0.3, 0.4], **hours)},
        {"lstm": forecasts_of([1, 0, 1, 1], [1, 1, 0, 1], **hours)},
        baselines_of([0.0] * 4, **hours),
        bars_per_year=24 * 365,
    )
    own = table[table["name"] == "lstm"].set_index("year")
    assert own["bars"].to_dict() == own["samples"].to_dict() == {2019: 2, 2020: 2}
    assert own["total_return"].to_dict() == pytest.approx({2019: 1.1 * 1.2 - 1, 2020: 1.3 * 1.4 - 1})
    assert own["positive_rate"].to_dict() == {2019: 1.0, 2020: 0.5}


def test_years_survive_a_file_between_the_look_and_the_table(tmp_path):
    moves = np.random.default_rng(0).normal(0, 0.01, 500)
    tables = [returns_of(moves), forecasts_of(moves > 0, moves > 0.001), baselines_of(moves)]
    read = []
    for number, table in enumerate(tables):
        table.to_parquet(tmp_path / f"{number}.parquet")
        read.append(pd.read_parquet(tmp_path / f"{number}.parquet"))
    direct = yearly_table({"lstm": tables[0]}, {"lstm": tables[1]}, tables[2], 252)
    pd.testing.assert_frame_equal(yearly_table({"lstm": read[0]}, {"lstm": read[1]}, read[2], 252), direct)
