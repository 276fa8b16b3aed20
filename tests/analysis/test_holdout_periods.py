"""Months that add up to years, and blocks of bars that add up to the whole."""

import numpy as np
import pandas as pd
import pytest

from trading_hpo.analysis.holdout_costs import BUY_AND_HOLD, CONSTANT
from trading_hpo.analysis.holdout_periods import BLOCKS, exposure_table, monthly_table


def series(n_bars, seed=0):
    random = np.random.default_rng(seed)
    stamps = pd.date_range("2019-11-20", periods=n_bars, tz="UTC")
    moves, exposure, turnover = (
        random.normal(0, 0.01, n_bars),
        random.uniform(0, 1, n_bars),
        random.uniform(0, 1, n_bars),
    )
    return pd.DataFrame({"timestamp": stamps, "net_return": moves, "turnover": turnover, "exposure": exposure})


def held_of(n_bars):
    own = series(n_bars, seed=9)
    return pd.DataFrame(
        {
            "timestamp": own["timestamp"],
            BUY_AND_HOLD: own["net_return"],
            CONSTANT: 0.001,
            f"{CONSTANT}_turnover": own["turnover"],
            f"{CONSTANT}_exposure": 1.0,
        }
    )


def test_months_make_up_their_year_and_all_years_the_whole():
    own = series(500)
    table = monthly_table({"mlp": own}, held_of(500))
    assert table["name"].unique().tolist() == ["mlp", CONSTANT, BUY_AND_HOLD]
    ours = table[table["name"] == "mlp"]
    months, years = ours[ours["month"] > 0], ours[ours["month"] == 0]
    for year in years.itertuples():
        inside = months[months["year"] == year.year]
        assert np.prod(1 + inside["total_return"]) - 1 == pytest.approx(year.total_return)
        assert inside["bars"].sum() == year.bars
    assert np.prod(1 + years["total_return"]) == pytest.approx(np.prod(1 + own["net_return"]))
    first = months.iloc[0]
    assert (first["year"], first["month"], first["bars"]) == (2019, 11, 11)


@pytest.mark.parametrize("n_bars", [1, 5, BLOCKS, BLOCKS + 1, 1000])
def test_blocks_are_no_more_than_can_be_seen_and_leave_no_bar_out(n_bars):
    own = series(n_bars)
    table = exposure_table({"mlp": own}, held_of(n_bars))
    ours = table[table["name"] == "mlp"]
    assert len(ours) <= BLOCKS
    assert ours["bars"].sum() == n_bars
    assert (ours["bars"] * ours["exposure"]).sum() == pytest.approx(own["exposure"].sum())
    assert (ours["bars"] * ours["turnover"]).sum() == pytest.approx(own["turnover"].sum())
    assert ours["timestamp"].iloc[0] == own["timestamp"].iloc[0]
    assert (table.loc[table["name"] == CONSTANT, "exposure"] == 1).all()
