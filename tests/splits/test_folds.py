"""The laws that every split keeps, whatever the scheme, the labels and the holes in the data."""

import io
import re
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydantic import Field
from tests.makers.panels import laid_out, panel_of, with_laid_out

from trading_hpo.configuration import Config
from trading_hpo.errors import ConfigurationError, DataError
from trading_hpo.splits.config import FoldsConfig, HoldoutConfig
from trading_hpo.splits.folds import (
    FINAL,
    ROLES,
    Split,
    build_split,
    split_from_table,
    split_to_table,
)
from trading_hpo.splits.purging import Intervals, rows_before
from trading_hpo.splits.registry import SPLITTERS
from trading_hpo.splits.roles import make_folds
from trading_hpo.splits.samples import check_samples
from trading_hpo.splits.splitter import Division, Splitter
from trading_hpo.types import BarRange, Fold

laws = settings(deadline=None, max_examples=60)


def halves(bars: BarRange, config: FoldsConfig):
    """Blocks of which each fold validates two that are half of the bars apart, and trains on all others.

    Every block is validated twice, alone with another one each time: two paths.
    """
    edges = np.linspace(bars.start, bars.stop, 2 * config.n_folds + 1).astype(int)
    blocks = [BarRange(int(a), int(b)) for a, b in pairwise(edges)]
    for shift in (0, 1):
        for number in range(config.n_folds):
            tested = sorted({number, config.n_folds + (number + shift) % config.n_folds})
            train = tuple(block for place, block in enumerate(blocks) if place not in tested)
            yield Division(train, tuple(blocks[place] for place in tested), (shift, shift))


TWO_RANGES = Splitter(halves, min_folds=3)
SCHEMES = [*SPLITTERS, "halves"]


@pytest.fixture(autouse=True, scope="module")
def two_ranges():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SPLITTERS._entries, "halves", TWO_RANGES)
        yield


def panel_where(present, horizon):
    """A panel whose assets have bars where ``present``, and whose targets take turns."""
    target = np.resize([0.0, 1.0], np.shape(present)).astype(np.float32)[..., None]
    return panel_of(present=present, horizon=horizon, target=target, start="2001-01-01")


@st.composite
def panels(draw):
    """Draw panels with holes, late starters, and labels that may end anywhere after their bar."""
    n_assets, n_bars = draw(st.integers(1, 3)), draw(st.integers(60, 300))
    horizon = draw(st.integers(1, 8))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    present = random.random((n_assets, n_bars)) >= draw(st.sampled_from([0.0, 0.05, 0.4]))
    present[-1, : draw(st.sampled_from([0, 20]))] = n_assets == 1
    panel = panel_where(present, horizon)
    if draw(st.booleans()):
        ends = np.minimum(np.arange(n_bars) + random.integers(0, 2 * horizon, (n_assets, n_bars)), n_bars - 1)
        panel = with_laid_out(panel, label_end=np.where(laid_out(panel, "labelled"), ends, n_bars))
    return panel


def config_of(scheme, n_folds=4, **settings_):
    """So many folds, or those that the splitter's own options make."""
    splitter = SPLITTERS[scheme]
    if splitter.n_folds is not None:
        n_folds = splitter.n_folds(splitter.options(**settings_.get("options", {})))
    return FoldsConfig(scheme=scheme, n_folds=n_folds, **settings_)


@st.composite
def configs(draw, schemes=SCHEMES):
    scheme = draw(st.sampled_from(schemes))
    options = {}
    if scheme == "combinatorial":
        options["groups"] = draw(st.integers(2, 6))
        options["test_groups"] = draw(st.integers(1, options["groups"] - 1))
    elif scheme == "blocked":
        options["train_fraction"] = draw(st.floats(0.3, 0.8))
    return config_of(
        scheme,
        n_folds=draw(st.integers(SPLITTERS[scheme].min_folds, 6)),
        options=options,
        window=draw(st.sampled_from(["expanding", "rolling"])),
        first_train_fraction=draw(st.floats(0.3, 0.8)),
        stop_fraction=draw(st.floats(0.05, 0.49)),
        embargo_bars=draw(st.integers(0, 6)),
        min_role_bars=1,
    )


@st.composite
def worlds(draw, schemes=SCHEMES):
    """Draw a panel, a configuration and the split of the one by the other, which may purge what looks back."""
    panel, config = draw(panels()), draw(configs(schemes))
    holdout = HoldoutConfig(fraction=draw(st.floats(0.05, 0.5)))
    lookback_bars = draw(st.sampled_from([0, 0, 3, 12]))
    try:
        return panel, config, build_split(panel, config, holdout, lookback_bars)
    except (DataError, ConfigurationError):
        assume(False)


def intervals(panel, rows):
    """Closed label intervals [t, label_end] of rows, N x 2."""
    return np.stack([panel.bar[rows], panel.label_end[rows]], axis=1)


def of_role(panel, split, fold, role):
    return intervals(panel, split.rows(panel, fold, role, window_bars=1))


def meet(these, those):
    """Whether any closed interval of the one meets any of the other, pair by pair."""
    return bool(((these[:, None, 0] <= those[None, :, 1]) & (those[None, :, 0] <= these[:, None, 1])).any())


def bars_of(ranges):
    return {int(bar) for part in ranges for bar in part.bars()}


def test_intervals_meet_when_one_ends_on_the_bar_where_the_other_starts():
    assert meet(np.array([[0, 3]]), np.array([[3, 5]]))
    assert not meet(np.array([[0, 2]]), np.array([[3, 5]]))


@laws
@given(worlds())
def test_no_label_of_train_or_stop_meets_a_label_of_validation(world):
    panel, _, split = world
    for fold in split.folds:
        validation = of_role(panel, split, fold, "validation")
        assert not meet(of_role(panel, split, fold, "train"), validation)
        assert not meet(of_role(panel, split, fold, "stop"), validation)


@laws
@given(worlds())
def test_no_label_of_train_meets_a_label_of_stop(world):
    panel, _, split = world
    for fold in split.folds:
        assert not meet(of_role(panel, split, fold, "train"), of_role(panel, split, fold, "stop"))


@laws
@given(worlds())
def test_what_follows_validation_waits_for_its_last_label_and_the_embargo(world):
    panel, config, split = world
    for fold in split.folds:
        validation = of_role(panel, split, fold, "validation")
        for part in fold.validation:
            ends = validation[(validation[:, 0] >= part.start) & (validation[:, 0] < part.stop), 1]
            later = {bar for bar in bars_of(fold.train + fold.stop) if bar >= part.stop}
            assert all(bar > ends.max(initial=-1) + config.embargo_bars for bar in later)


@laws
@given(worlds())
def test_the_holdout_is_in_no_fold_and_no_label_before_it_reaches_it(world):
    panel, _, split = world
    assert split.search.stop <= split.holdout.start
    of_roles = [split.rows(panel, fold, role, 1) for fold in split.folds for role in ROLES]
    for rows in [split.search_rows(panel, 1), *of_roles]:
        assert intervals(panel, rows).max(initial=-1) < split.holdout.start


@laws
@given(worlds())
def test_every_fold_lies_within_search(world):
    _, _, split = world
    for fold in split.folds:
        for role in ROLES:
            assert bars_of(fold.role(role)) <= bars_of((split.search,))


@laws
@given(worlds())
def test_roles_of_a_fold_share_no_bar_and_none_is_empty(world):
    _, _, split = world
    for fold in split.folds:
        train, stop, validation = (bars_of(fold.role(role)) for role in ROLES)
        assert train
        assert stop
        assert validation
        assert len(train | stop | validation) == len(train) + len(stop) + len(validation)


@laws
@given(worlds())
def test_stop_lies_after_train_in_time(world):
    _, _, split = world
    for fold in split.folds:
        assert max(bars_of(fold.train)) < min(bars_of(fold.stop))


@laws
@given(worlds())
def test_folds_are_numbered_in_the_order_of_their_validations(world):
    _, config, split = world
    assert [fold.number for fold in split.folds] == list(range(len(split.folds)))
    starts = [fold.validation[0].start for fold in split.folds]
    assert starts == sorted(starts) or config.scheme == "halves"


@laws
@given(worlds(schemes=["blocked"]))
def test_a_block_knows_nothing_of_the_past_before_it_and_shares_no_bar_with_another(world):
    _, _, split = world
    spans = [[bar for role in ROLES for bar in bars_of(fold.role(role))] for fold in split.folds]
    for (fold, own), following in zip(
        zip(split.folds, spans, strict=True), [*spans[1:], [split.search.stop]], strict=True
    ):
        assert max(bars_of(fold.train + fold.stop)) < fold.validation[0].start
        assert max(own) < min(following)


@laws
@given(worlds(schemes=["combinatorial"]))
def test_every_path_of_combinatorial_validates_every_search_bar_exactly_once(world):
    _, config, split = world
    n_groups, n_tested = config.options["groups"], config.options["test_groups"]
    ranges = [part for fold in split.folds for part in zip(fold.paths, fold.validation, strict=True)]
    paths = {path for path, _ in ranges}
    assert len(paths) == n_tested * len(split.folds) // n_groups
    for path in paths:
        validated = sorted(int(bar) for own, part in ranges if own == path for bar in part.bars())
        assert validated == split.search.bars().tolist()


@laws
@given(worlds())
def test_where_it_is_asked_for_nothing_that_is_learned_from_reads_a_validation_label(world):
    panel, _, split = world
    for fold in split.folds:
        validation = of_role(panel, split, fold, "validation")
        for role in ("train", "stop"):
            rows = split.rows(panel, fold, role, window_bars=1)
            read = np.stack([panel.first_seen(fold.lookback_bars)[rows], panel.bar[rows]], axis=1)
            assert not fold.lookback_bars or not meet(read, validation)


@laws
@given(worlds(schemes=["walk_forward"]))
def test_walk_forward_trains_and_stops_strictly_before_validation(world):
    _, _, split = world
    for fold in split.folds:
        assert max(bars_of(fold.train + fold.stop)) < fold.validation[0].start


@laws
@given(worlds(schemes=["purged_kfold"]))
def test_purged_kfold_validates_every_search_bar_exactly_once(world):
    _, _, split = world
    validated = [int(bar) for fold in split.folds for bar in fold.validation[0].bars()]
    assert validated == split.search.bars().tolist()


@laws
@given(worlds())
def test_a_path_validates_a_bar_at_most_once(world):
    _, _, split = world
    ranges = [part for fold in split.folds for part in zip(fold.paths, fold.validation, strict=True)]
    for path in {path for path, _ in ranges}:
        validated = [int(bar) for own, part in ranges if own == path for bar in part.bars()]
        assert len(validated) == len(set(validated))


@laws
@given(worlds())
def test_no_row_is_purged_without_need(world):
    panel, config, split = world
    every = Intervals.of(panel)
    divisions = SPLITTERS[config.scheme].divide(split.search, config)
    for fold, division in zip(split.folds, divisions, strict=True):
        candidates = rows_before(panel, division.train, split.holdout.start, 1)
        kept = [split.rows(panel, fold, role, 1) for role in ("train", "stop")]
        for row in np.setdiff1d(candidates, np.concatenate(kept)):
            bar, end = panel.bar[row], panel.label_end[row]
            reaches = any(bar < part.start <= end for part in (*fold.validation, *fold.stop))
            last = {part: every.end[every.inside(part)].max(initial=part.stop - 1) for part in fold.validation}
            waits = any(part.stop <= bar <= end + config.embargo_bars for part, end in last.items())
            reads = fold.lookback_bars and any(
                part.stop <= bar and panel.first_seen(fold.lookback_bars)[row] <= end for part, end in last.items()
            )
            assert reaches or waits or reads


@laws
@given(panels(), configs(), st.floats(0.05, 0.5))
def test_the_same_input_gives_the_same_split_or_the_same_refusal(panel, config, fraction):
    def outcome():
        try:
            return build_split(panel, config, HoldoutConfig(fraction=fraction))
        except (DataError, ConfigurationError) as error:
            return str(error)

    assert outcome() == outcome()


@laws
@given(worlds())
def test_a_split_survives_its_table_and_the_table_a_file(world):
    panel, _, split = world
    table = split_to_table(split, panel)
    assert split_from_table(table) == split
    file = io.StringIO(table.to_csv(index=False))
    assert split_from_table(pd.read_csv(file)) == split


@pytest.mark.parametrize("scheme", ["walk_forward", "blocked", "purged_kfold", "combinatorial", "halves"])
def test_the_table_names_paths_where_there_are_several(scheme):
    panel = panel_where(np.ones((1, 400)), 1)
    split = build_split(panel, config_of(scheme, min_role_bars=5), HoldoutConfig())
    table = split_to_table(split, panel)
    expected = {
        "halves": [0] * 8 + [1] * 8,
        "combinatorial": [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 1, 1, 2, 1, 3, 1, 4, 1, 2, 2, 3, 2, 4, 2, 3, 3, 4, 3, 4, 4],
    }
    assert ("path" in table) == (scheme in expected)
    lines = table[table["role"] == "validation"]
    assert len(lines) == sum(len(fold.validation) for fold in split.folds)
    if scheme in expected:
        assert lines["path"].tolist() == expected[scheme]
        assert set(table.loc[table["role"] != "validation", "path"]) == {-1}


def test_train_between_two_validation_ranges_is_cut_at_both_ends():
    division = Division(
        (BarRange(0, 20), BarRange(30, 60), BarRange(70, 100)), (BarRange(20, 30), BarRange(60, 70)), (0, 0)
    )
    SPLITTERS._entries["fixed"] = Splitter(lambda bars, config: iter([division]))
    config = FoldsConfig(scheme="fixed", stop_fraction=1e-9, embargo_bars=4)
    (fold,) = make_folds(BarRange(0, 100), config, Intervals(np.arange(100), np.arange(100) + 3))
    del SPLITTERS._entries["fixed"]
    # Labels of 3 bars: those of bars 17 to 19 and 57 to 59 reach validation; those of validation end at 32 and 72.
    assert fold.train == (BarRange(0, 17), BarRange(37, 57), BarRange(77, 100))
    assert fold.validation == division.validation


@pytest.mark.parametrize(
    ("fraction", "train", "stop"),
    [
        (0.1, (BarRange(0, 40), BarRange(50, 54)), (BarRange(55, 60),)),
        (0.2, (BarRange(0, 40),), (BarRange(50, 60),)),
        (0.4, (BarRange(0, 29),), (BarRange(30, 40), BarRange(50, 60))),
    ],
)
def test_stop_is_the_last_share_of_all_train_ranges_together(monkeypatch, fraction, train, stop):
    division = Division((BarRange(0, 40), BarRange(50, 60)), (BarRange(80, 100),))
    monkeypatch.setitem(SPLITTERS._entries, "fixed", Splitter(lambda bars, config: iter([division])))
    config = FoldsConfig(scheme="fixed", stop_fraction=fraction)
    (fold,) = make_folds(BarRange(0, 100), config, Intervals(np.arange(100), np.arange(100) + 1))
    assert (fold.train, fold.stop) == (train, stop)


def test_a_division_has_a_path_for_each_validation_range():
    with pytest.raises(ValueError, match=r"paths must have one number for each of 2 validation ranges, got \(0,\)"):
        Division((), (BarRange(0, 1), BarRange(2, 3)))


class HalvesConfig(Config):
    blocks: int = Field(default=2, ge=2)


def test_options_are_checked_by_the_splitter_that_has_them(monkeypatch):
    monkeypatch.setitem(SPLITTERS._entries, "halves", Splitter(halves, HalvesConfig))
    assert FoldsConfig(scheme="halves", options={"blocks": 3}).options == {"blocks": 3}
    with pytest.raises(ValueError, match=r"folds.options.blocks must be greater than or equal to 2, got 1"):
        FoldsConfig(scheme="halves", options={"blocks": 1})
    with pytest.raises(ValueError, match=r"folds.options.block is not a parameter. Did you mean 'blocks'"):
        FoldsConfig(scheme="halves", options={"block": 3})
    with pytest.raises(ValueError, match=r"folds.options must be empty for walk_forward, got {'blocks': 3}"):
        FoldsConfig(options={"blocks": 3})


def test_ranges_that_never_grow_are_refused_rather_than_tried_for_ever(monkeypatch):
    short = Splitter(lambda bars, config: iter([Division((BarRange(0, 5),), (BarRange(5, 9),))]))
    monkeypatch.setitem(SPLITTERS._entries, "short", short)
    with pytest.raises(DataError, match="1 short folds need"):
        build_split(panel_where(np.ones((1, 400)), 1), FoldsConfig(scheme="short"), HoldoutConfig())


def test_the_table_names_the_first_and_last_bar_of_every_range():
    panel = panel_where(np.ones((1, 10)), 1)
    fold = Fold(0, (BarRange(0, 2),), (BarRange(2, 3),), (BarRange(3, 5),), embargo_bars=4)
    table = split_to_table(Split((fold,), BarRange(0, 6), BarRange(7, 9)), panel)
    assert table["role"].tolist() == ["train", "stop", "validation", "search", "holdout"]
    assert table["fold"].tolist() == [0, 0, 0, -1, -1]
    assert table["bars"].tolist() == [2, 1, 2, 6, 2]
    assert table["embargo_bars"].tolist() == [4, 4, 4, 0, 0]
    assert table.iloc[-1][["first", "last"]].tolist() == ["2001-01-08T00:00:00+00:00", "2001-01-09T00:00:00+00:00"]


# Too few bars, and what the message says


def search_of(n_bars, horizon, config):
    """Split data of which exactly ``n_bars`` are left for the search."""
    edge = n_bars + horizon
    panel = panel_where(np.ones((1, edge + horizon + 5)), horizon)
    return build_split(panel, config, HoldoutConfig(start=panel.timestamps[edge].date()))


def needed_bars(config, horizon, n_bars=0):
    with pytest.raises(DataError) as caught:
        search_of(n_bars, horizon, config)
    assert f"got {n_bars} " in str(caught.value)
    return int(re.search(r"need (\d+) bars", str(caught.value)).group(1))


@settings(deadline=None, max_examples=60)
@given(configs(), st.integers(1, 10), st.integers(1, 25), st.integers(0, 40))
@example(FoldsConfig(embargo_bars=40), 3, 5, 40)
@example(FoldsConfig(scheme="purged_kfold", n_folds=5), 10, 20, 5)
def test_with_as_many_bars_as_the_message_asks_for_it_works_and_with_one_fewer_not(
    config, horizon, min_role_bars, embargo_bars
):
    config = config.model_copy(update={"min_role_bars": min_role_bars, "embargo_bars": embargo_bars})
    needed = needed_bars(config, horizon)
    assert len(search_of(needed, horizon, config).search) == needed
    with pytest.raises((DataError, ConfigurationError)):
        search_of(needed - 1, horizon, config)


@settings(deadline=None, max_examples=60)
@given(configs(), st.integers(1, 10), st.integers(1, 25), st.integers(1, 60))
def test_walk_forward_works_with_any_number_of_bars_above_the_one_needed(config, horizon, min_role_bars, more):
    config = config.model_copy(update={"scheme": "walk_forward", "min_role_bars": min_role_bars})
    needed = needed_bars(config, horizon)
    assert len(search_of(needed + more, horizon, config).search) == needed + more


@laws
@given(panels(), configs(), st.integers(5, 30))
def test_the_message_never_asks_for_fewer_bars_than_there_are(panel, config, min_role_bars):
    config = config.model_copy(update={"min_role_bars": min_role_bars})
    try:
        build_split(panel, config, HoldoutConfig(fraction=0.3))
    except DataError as error:
        needed, got = map(int, re.search(r"need (\d+) bars .* got (\d+) ", str(error)).groups())
        assert needed > got
    except ConfigurationError:
        assume(False)


def test_the_number_needed_holds_for_labels_that_a_hole_makes_longer():
    # One asset lacks 9 bars, so labels before the hole reach 10 bars ahead instead of 1.
    present = np.ones((1, 60))
    present[0, 20:29] = 0
    config = FoldsConfig(n_folds=1, min_role_bars=8, stop_fraction=0.4, embargo_bars=0)
    with pytest.raises(DataError) as caught:
        build_split(panel_where(present, 1), config, HoldoutConfig(fraction=0.2))
    needed = int(re.search(r"need (\d+) bars", str(caught.value)).group(1))
    longest = Intervals(np.arange(needed), np.arange(needed) + 10)
    (fold,) = make_folds(BarRange(0, needed), config, longest)
    assert min(sum(map(len, fold.role(role))) for role in ROLES) >= 8


def test_a_label_that_ends_in_the_holdout_does_not_raise_the_number_needed():
    present = np.ones((1, 60))
    present[0, 44:47] = 0  # the holdout starts at bar 47, where the label of bar 43 ends
    config = FoldsConfig(n_folds=1, min_role_bars=9, stop_fraction=0.4, embargo_bars=0)
    for panel, got in ((panel_where(np.ones((1, 60)), 1), 46), (panel_where(present, 1), 43)):
        with pytest.raises(DataError, match=rf"need 50 bars .* got {got} "):
            build_split(panel, config, HoldoutConfig(fraction=0.2))


def test_the_message_asks_for_more_bars_than_there_are_where_a_role_lacks_features_and_not_bars():
    panel = panel_where(np.ones((1, 60)), 1)
    config = FoldsConfig(n_folds=1, min_role_bars=5, stop_fraction=0.4, embargo_bars=0)
    split = build_split(panel, config, HoldoutConfig(fraction=0.2))
    assert (len(split.search), split.folds[0].train, split.folds[0].stop) == (
        46,
        (BarRange(0, 13),),
        (BarRange(14, 22),),
    )
    without = replace(panel, observed=panel.observed & ~np.isin(panel.bar, range(16, 22)))
    with pytest.raises(DataError, match=r"need 47 bars .* got 46 "):
        build_split(without, config, HoldoutConfig(fraction=0.2))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_embargo_as_long_as_a_validation_block_is_refused(scheme):
    panel = panel_where(np.ones((1, 400)), 1)
    config = config_of(scheme, min_role_bars=5)
    folds = build_split(panel, config, HoldoutConfig()).folds
    shortest = min(len(part) for fold in folds for part in fold.validation)
    for least in (5, shortest):
        too_long = config.model_copy(update={"embargo_bars": shortest, "min_role_bars": least})
        with pytest.raises(
            ConfigurationError, match=rf"shorter than a validation block \({shortest} bars\), got {shortest}"
        ):
            build_split(panel, too_long, HoldoutConfig())


def test_an_embargo_one_bar_shorter_than_a_validation_block_is_allowed():
    panel = panel_where(np.ones((1, 400)), 1)
    config = FoldsConfig(n_folds=4, min_role_bars=5)
    shortest = min(len(fold.validation[0]) for fold in build_split(panel, config, HoldoutConfig()).folds)
    allowed = build_split(panel, config.model_copy(update={"embargo_bars": shortest - 1}), HoldoutConfig())
    assert min(len(fold.validation[0]) for fold in allowed.folds) == shortest


def test_a_role_of_exactly_the_fewest_bars_is_long_enough():
    panel, config = panel_where(np.ones((1, 60)), 1), FoldsConfig(n_folds=1, stop_fraction=0.4, min_role_bars=8)
    (fold,) = build_split(panel, config, HoldoutConfig(fraction=0.2)).folds
    assert sum(map(len, fold.stop)) == 8
    with pytest.raises(DataError, match="bring more data"):
        build_split(panel, config.model_copy(update={"min_role_bars": 9}), HoldoutConfig(fraction=0.2))


def test_too_few_bars_are_named_before_an_embargo_that_fits_enough_of_them():
    with pytest.raises(DataError, match="bring more data"):
        search_of(30, 1, FoldsConfig(n_folds=4, embargo_bars=5))


def test_data_without_one_complete_row_are_refused():
    panel = panel_where(np.ones((1, 50)), 1)
    with pytest.raises(DataError, match="no bar has all features and a label"):
        build_split(replace(panel, observed=np.zeros(50, dtype=bool)), FoldsConfig(), HoldoutConfig())


# The holdout


def test_the_holdout_is_its_share_of_the_usable_bars_at_their_end():
    present = np.ones((1, 520))
    panel = panel_where(present, 5)
    panel = replace(panel, observed=panel.observed & (np.arange(520) >= 15))
    split = build_split(panel, FoldsConfig(), HoldoutConfig(fraction=0.2))
    assert split.holdout == BarRange(415, 515)  # usable are 15 to 514
    assert split.search == BarRange(15, 410)  # the last five labels would reach bar 415


def test_the_holdout_starts_on_the_day_that_is_asked_for():
    panel = panel_where(np.ones((1, 400)), 1)
    split = build_split(panel, FoldsConfig(), HoldoutConfig(start=panel.timestamps[300].date()))
    assert split.holdout.start == 300
    assert split.search.stop == 299


def test_a_holdout_that_starts_on_a_day_without_a_bar_starts_on_the_next_one():
    panel = panel_where(np.ones((1, 400)), 1)
    panel = replace(panel, timestamps=pd.bdate_range("2001-01-01", periods=400, tz="UTC"))
    saturday = pd.Timestamp("2002-03-02", tz="UTC")
    split = build_split(panel, FoldsConfig(), HoldoutConfig(start=saturday.date()))
    assert panel.timestamps[split.holdout.start] == pd.Timestamp("2002-03-04", tz="UTC")


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2001, 1, 1), date(2002, 2, 4), date(2050, 1, 1)])
def test_a_holdout_outside_the_data_is_refused_with_the_days_it_may_start(day):
    panel = panel_where(np.ones((1, 400)), 1)  # 2001-01-01 to 2002-02-04; the last bar has no label
    with pytest.raises(ConfigurationError, match=rf"between 2001-01-01 and 2002-02-03 .* got {day}"):
        build_split(panel, FoldsConfig(), HoldoutConfig(start=day))


# Classes


def classes_case():
    panel = panel_where(np.ones((2, 400)), 1)
    return panel, build_split(panel, FoldsConfig(n_folds=2), HoldoutConfig())


def test_roles_with_both_classes_pass_though_one_bar_alone_is_of_the_other():
    panel, split = classes_case()
    rare = np.zeros_like(laid_out(panel, "target"))
    ranges = [split.holdout, *(part for fold in split.folds for role in ROLES for part in fold.role(role))]
    for part in ranges:
        rare[0, part.start + 10] = 1  # of the first row whose window is within the panel, or a later one
    check_samples(with_laid_out(panel, target=rare), split, window_bars=10)
    for part in ranges:
        without = rare.copy()
        without[:, part.start : part.stop] = 0
        with pytest.raises(DataError, match="both classes, got only 0"):
            check_samples(with_laid_out(panel, target=without), split, window_bars=10)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("role", ["stop", "validation"])
@pytest.mark.parametrize("only", [0, 1])
def test_a_role_of_one_class_is_refused_with_its_fold_and_name(number, role, only):
    panel, split = classes_case()
    target = laid_out(panel, "target")
    for part in split.folds[number].role(role):
        target[:, part.start : part.stop] = only
    with pytest.raises(DataError, match=rf"{role} of fold {number} must have both classes, got only {only} in"):
        check_samples(with_laid_out(panel, target=target), split, window_bars=1)


def test_a_train_of_one_class_is_refused_with_its_fold():
    panel, split = classes_case()
    target = laid_out(panel, "target")
    target[:, : split.folds[0].train[-1].stop] = 1
    with pytest.raises(DataError) as caught:
        check_samples(with_laid_out(panel, target=target), split, window_bars=1)
    assert "train of fold 0" in str(caught.value)
    assert "train of fold 1" not in str(caught.value)


def test_a_holdout_of_one_class_is_refused():
    panel, split = classes_case()
    target = laid_out(panel, "target")
    target[:, split.holdout.start :] = 0
    with pytest.raises(DataError, match="holdout must have both classes, got only 0"):
        check_samples(with_laid_out(panel, target=target), split, window_bars=1)


def test_all_roles_without_samples_are_named_at_once():
    panel, split = classes_case()
    with pytest.raises(DataError) as caught:
        check_samples(panel, split, window_bars=500)
    assert len(caught.value.problems) == 2 * len(ROLES) + 1


def test_numbers_have_no_classes_to_miss_but_need_samples():
    panel, split = classes_case()
    numbers = replace(panel, target=np.ones_like(panel.target), label={"kind": "forward_return"})
    check_samples(numbers, split, window_bars=1)
    with pytest.raises(DataError, match="both classes"):
        check_samples(replace(numbers, label={"kind": "direction"}), split, window_bars=1)
    with pytest.raises(DataError) as caught:
        check_samples(numbers, split, window_bars=500)
    assert len(caught.value.problems) == 2 * len(ROLES) + 1


def test_the_final_training_stops_on_the_tail_of_the_search_and_never_on_the_holdout():
    fold = Split((), BarRange(10, 110), BarRange(112, 140)).final_fold(0.15)
    assert fold == Fold(FINAL, (BarRange(10, 95),), (BarRange(95, 110),), ())
