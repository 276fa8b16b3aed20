"""The folds on a time axis: every role where it is, and the gaps between them."""

import pandas as pd
from tests.makers.pages import folds_table

from trading_hpo.reporting.figures.folds import folds_figure


def parts(figure):
    return {
        (row, trace.name): (start, pd.Timestamp(start) + pd.Timedelta(milliseconds=length))
        for trace in figure.data
        for row, start, length in zip(trace.y, trace.base, trace.x, strict=True)
    }


def test_every_range_is_where_its_bars_are():
    table, found = folds_table(), parts(folds_figure(folds_table()))
    for line in table.itertuples():
        row = "holdout" if line.fold < 0 else f"fold {line.fold + 1}"
        name = "all bars of the search" if line.role == "search" else line.role
        start, end = found[row, name]
        assert pd.Timestamp(start, tz="UTC") == pd.Timestamp(line.first)
        assert end.tz_localize("UTC") == pd.Timestamp(line.last)


def test_what_is_purged_is_drawn_between_the_roles():
    figure = folds_figure(folds_table())
    (gaps,) = (trace for trace in figure.data if trace.name == "purged or embargo")
    assert list(gaps.y) == ["fold 1", "fold 1", "fold 2", "fold 2", "holdout"]
    assert [bars for bars, *_ in gaps.customdata] == [1] * 5
    assert gaps.marker.line.width > 0  # one bar of thousands is seen, too
    without = folds_table().query("fold == 0 and role == 'train'")
    assert "purged or embargo" not in [trace.name for trace in folds_figure(without).data]


def test_the_rows_are_in_time_order_from_above():
    figure = folds_figure(folds_table())
    assert list(figure.layout.yaxis.categoryarray) == ["holdout", "fold 2", "fold 1"]
    assert figure.layout.xaxis.type == "date"


def test_without_folds_it_says_so():
    assert folds_figure(folds_table().iloc[:0]).layout.annotations[0].text == "no folds have been made yet"
