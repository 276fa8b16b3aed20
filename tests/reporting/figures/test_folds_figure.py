"""The folds on a time axis: every role where it is, and the gaps between them."""

import pandas as pd
import pytest
from tests.makers.figures import said
from tests.makers.pages import folds_table
from tests.makers.panels import panel_of

from trading_hpo.reporting.figures.folds import ROLE_COLOURS, folds_figure
from trading_hpo.reporting.figures.style import PAPERS, luminance
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import ROLES, build_split, split_to_table
from trading_hpo.splits.registry import SPLITTERS


def parts(figure):
    return {
        (row, trace.name): (start, pd.Timestamp(start) + pd.Timedelta(milliseconds=length))
        for trace in figure.data
        for row, start, length in zip(trace.y, trace.base, trace.x, strict=True)
    }


def test_every_range_is_where_its_bars_are():
    table, found = folds_table(), parts(folds_figure(folds_table()))
    for line in table.itertuples():
        row = "holdout" if line.fold < 0 else str(line.fold + 1)
        name = "all bars of the search" if line.role == "search" else line.role
        start, end = found[row, name]
        assert pd.Timestamp(start, tz="UTC") == pd.Timestamp(line.first)
        assert end.tz_localize("UTC") == pd.Timestamp(line.last)


def test_what_is_purged_is_drawn_between_the_roles():
    figure = folds_figure(folds_table())
    (gaps,) = (trace for trace in figure.data if trace.name == "purged or embargo")
    assert list(gaps.y) == ["1", "1", "2", "2", "holdout"]
    assert [bars for bars, *_ in gaps.customdata] == [1] * 5
    assert gaps.marker.line.width > 0  # one bar of thousands is seen, too
    without = folds_table().query("fold == 0 and role == 'train'")
    assert "purged or embargo" not in [trace.name for trace in folds_figure(without).data]


def test_the_rows_are_in_time_order_from_above():
    figure = folds_figure(folds_table())
    assert list(figure.layout.yaxis.categoryarray) == ["holdout", "2", "1"]
    assert figure.layout.xaxis.type == "date"


def test_the_mouse_says_which_bars_of_which_fold():
    figure = folds_figure(folds_table())
    train, holdout = (next(trace for trace in figure.data if trace.name == name) for name in ("train", "holdout"))
    assert list(train.customdata[1]) == [130, "2010-01-04", "2010-05-13", "fold 2, ", ""]
    assert train.hovertemplate.startswith("%{customdata[3]}train%{customdata[4]}<br>%{customdata[0]:,d} bars, ")
    assert [where for *_, where, _ in holdout.customdata] == [""]


def split_of(scheme, **settings):
    panel = panel_of(1, 500, horizon=3, start="2010-01-04")
    split = build_split(panel, FoldsConfig(scheme=scheme, **settings), HoldoutConfig())
    return split, split_to_table(split, panel)


@pytest.mark.parametrize("scheme", SPLITTERS)
def test_of_every_splitter_each_bar_of_a_fold_is_drawn_once_as_its_role_or_as_a_gap(scheme):
    split, table = split_of(scheme, n_folds=15 if scheme == "combinatorial" else 4, min_role_bars=5)
    figure = folds_figure(table)
    drawn = [
        (row, trace.name, bars)
        for trace in figure.data
        for row, (bars, *_) in zip(trace.y, trace.customdata, strict=True)
    ]
    for fold in split.folds:
        own = [(role, bars) for row, role, bars in drawn if row == str(fold.number + 1)]
        for role in ROLES:
            assert [bars for name, bars in own if name == role] == [len(part) for part in fold.role(role)]
        edges = [edge for role in ROLES for part in fold.role(role) for edge in (part.start, part.stop)]
        assert sum(bars for _, bars in own) == max(edges) - min(edges)
    assert len(figure.layout.yaxis.categoryarray) == len(split.folds) + 1


def test_where_there_are_several_paths_the_mouse_says_which_a_validation_range_is_a_part_of():
    _, table = split_of("combinatorial", n_folds=15, min_role_bars=10)
    figure = folds_figure(table)
    validation, train = (next(trace for trace in figure.data if trace.name == name) for name in ("validation", "train"))
    assert [path for *_, path in validation.customdata][:4] == [" of path 1", " of path 1", " of path 2", " of path 1"]
    assert {path for *_, path in train.customdata} == {""}


def test_the_colours_of_the_roles_are_seen_on_white_and_on_black():
    assert len(set(ROLE_COLOURS.values())) == len(ROLE_COLOURS)
    for colour in ROLE_COLOURS.values():
        own, white, black = (luminance(one) + 0.05 for one in (colour, *PAPERS))
        assert white / own >= 3
        assert own / black >= 3


def test_without_folds_it_says_so_and_what_makes_them():
    figure = folds_figure(folds_table().iloc[:0])
    assert said(figure).startswith("no folds have been made yet")
    assert "`kedro run`" in said(figure)
