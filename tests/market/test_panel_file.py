"""The panel lays every asset out on one calendar; its file is mapped, equal bit for bit, and cannot be altered."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.makers.panels import laid_out
from tests.makers.panels import panel_of as make_panel

from trading_hpo.errors import DamagedFileError, StaleInputError
from trading_hpo.market.features.build import build_features
from trading_hpo.market.features.config import FeaturesConfig
from trading_hpo.market.panel import ARRAYS, OF_SOME_TASKS, build_panel, open_panel, panel_digest, save_panel
from trading_hpo.tasks.labels import LabelsConfig, build_labels
from trading_hpo.tasks.registry import label_of
from trading_hpo.types import BarRange, Panel


def panel_of(bars: pd.DataFrame, labels: LabelsConfig | None = None, names=None) -> Panel:
    labels = labels or LabelsConfig()
    features = build_features(bars, FeaturesConfig(names=names))
    return build_panel(features, build_labels(bars, labels), label_of(labels.task), 252.0)


@pytest.fixture(scope="module")
def ragged(make_bars) -> pd.DataFrame:
    """AAA has every day, BBB starts 5 days late, CCC has gaps on days 10 to 12 and stops 4 days early."""
    bars = make_bars(30, assets=("AAA", "BBB", "CCC"))
    return bars.drop(index=[*range(30, 35), *range(70, 73), *range(86, 90)]).reset_index(drop=True)


def test_the_layout_equals_the_tables_row_by_row(ragged):
    config = LabelsConfig(horizon_bars=2)
    names = ("return_5", "bar_range")
    features, labels = build_features(ragged, FeaturesConfig(names=names)), build_labels(ragged, config)
    panel = build_panel(features, labels, label_of(config.task), 365.0)

    assert panel.features.shape == (len(ragged), 2)
    assert panel.forward_return.shape == (len(ragged), 2)
    assert (panel.assets, panel.feature_names) == (("AAA", "BBB", "CCC"), names)
    assert (panel.label, panel.bars_per_year) == (label_of(config.task), 365.0)
    calendar = sorted(set(ragged["timestamp"]))
    assert panel.timestamps.tolist() == calendar

    by_row = features.set_index(["asset", "timestamp"])
    label_by_row = labels.set_index(["asset", "timestamp"])
    places = [(panel.assets[asset], calendar[bar]) for asset, bar in zip(panel.asset, panel.bar, strict=True)]
    assert places == sorted(by_row.index)  # asset after asset, each in time order
    for number, row in enumerate(places):
        known = bool(by_row.loc[row].notna().all())
        assert panel.observed[number] == known
        np.testing.assert_array_equal(panel.features[number], by_row.loc[row] if known else [0, 0])
        label = label_by_row.loc[row]
        assert panel.labelled[number] == pd.notna(label["label_end"])
        if panel.labelled[number]:
            assert panel.target[number].tolist() == [label["target"]]
            assert calendar[panel.label_end[number]] == label["label_end"]
            assert panel.forward_return[number].tolist() == [label["forward_return_1"], label["forward_return_2"]]
        else:
            assert panel.label_end[number] == 30
            next_move = label["forward_return_1"]
            assert panel.forward_return[number].tolist() == [0 if pd.isna(next_move) else next_move, 0]
            assert panel.target[number] == 0


def test_a_panel_does_not_follow_the_order_of_its_tables(ragged):
    config = LabelsConfig(horizon_bars=2)
    features, labels = build_features(ragged, FeaturesConfig(names=("bar_range",))), build_labels(ragged, config)
    shuffled = (table.sample(frac=1, random_state=0) for table in (features, labels))
    rest = (label_of(config.task), 252.0)
    assert_equal(build_panel(*shuffled, *rest), build_panel(features, labels, *rest))


def test_bars_before_a_late_start_in_a_gap_and_after_an_early_end_are_no_rows(ragged):
    panel = panel_of(ragged, names=("bar_range",))
    own = [panel.bar[panel.asset == asset].tolist() for asset in range(3)]
    assert own == [[*range(30)], [*range(5, 30)], [*range(10), *range(13, 26)]]
    assert panel.observed.all()
    unlabelled = np.flatnonzero(~panel.labelled)
    assert [(panel.asset[row], panel.bar[row]) for row in unlabelled] == [(0, 29), (1, 29), (2, 25)]
    assert laid_out(panel, "label_end")[2, 9] == 13  # the label jumps the gap


def test_a_row_lacking_one_feature_is_not_observed_and_holds_zeros(ragged):
    panel = panel_of(ragged, names=("bar_range", "return_5"))
    assert not panel.observed[:5].any()
    assert (panel.features[:5] == 0).all()
    assert panel.observed[5:30].all()


def test_arrays_have_the_types_that_workers_expect(ragged):
    panel = panel_of(ragged, names=("bar_range",))
    types = {name: str(getattr(panel, name).dtype) for name in ARRAYS}
    assert types == dict(zip(ARRAYS, ("float32",) * 3 + ("int64", "bool", "bool", "int64", "int64"), strict=True))


@pytest.mark.parametrize("kind", ["direction", "forward_return", "volatility"])
@pytest.mark.parametrize(
    ("source", "shape"),
    [("sp500_20", (20 * 4529, 12)), ("us_tech", (3 * 3270 + 2148, 17)), ("sp500_index", (5031, 17))],
)
def test_real_data_make_a_finite_panel(request, source, shape, kind):
    panel = panel_of(request.getfixturevalue(source), LabelsConfig(kind=kind))
    assert panel.features.shape == shape
    for name in ("features", "forward_return", "target"):
        assert np.isfinite(getattr(panel, name)).all()
    assert panel.observed[panel.place >= 252].all()
    if kind != "forward_return":
        assert set(np.unique(panel.target)) == {0.0, 1.0}
    assert (panel.label_end > panel.bar)[panel.labelled].all()
    assert panel.timestamps.is_monotonic_increasing


# --- the file ---


def assert_equal(one: Panel, other: Panel) -> None:
    assert [getattr(one, name) is None for name in OF_SOME_TASKS] == [
        getattr(other, name) is None for name in OF_SOME_TASKS
    ]
    for name in (*ARRAYS, *OF_SOME_TASKS):
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None:
            continue
        assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
        assert mine.tobytes() == theirs.tobytes(), name
    pd.testing.assert_index_equal(one.timestamps, other.timestamps)
    for field in ("assets", "feature_names", "label", "bars_per_year"):
        assert getattr(one, field) == getattr(other, field)


@pytest.fixture
def file(tmp_path, ragged) -> Path:
    path = tmp_path / "deep" / "panel.safetensors"
    save_panel(panel_of(ragged, names=("bar_range", "return_5")), path)
    return path


def test_what_is_opened_equals_what_was_saved(file, ragged):
    panel = open_panel(file)
    assert_equal(panel, panel_of(ragged, names=("bar_range", "return_5")))
    assert panel.path == file


def sizes():
    return st.tuples(st.integers(1, 20), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))


@settings(max_examples=60, deadline=None)
@given(
    sizes=sizes(),
    names=st.lists(st.text(max_size=9), min_size=9, max_size=9, unique=True),
    barriers=st.booleans(),
    data=st.data(),
)
def test_any_panel_survives_its_file_bit_for_bit(tmp_path_factory, sizes, names, barriers, data):
    r, t, f, h, c = sizes
    floats = {"elements": st.floats(width=32)}  # NaN and infinities too: the file does not judge

    def draw(dtype, *shape, **more) -> np.ndarray:
        return data.draw(hnp.arrays(dtype, shape, **more))

    nanoseconds = data.draw(st.lists(st.integers(-(2**62), 2**62), min_size=t, max_size=t, unique=True).map(sorted))
    panel = Panel(
        features=draw("float32", r, f, **floats),
        forward_return=draw("float32", r, h, **floats),
        target=draw("float32", r, c, **floats),
        label_end=draw("int64", r),
        observed=draw("bool", r),
        labelled=draw("bool", r),
        asset=draw("int64", r),
        bar=draw("int64", r),
        timestamps=pd.DatetimeIndex(np.array(nanoseconds).view("datetime64[ns]"), tz="UTC"),
        assets=tuple(names[: min(r, 4)]),
        feature_names=tuple(names[4 : 4 + f]),
        bars_per_year=data.draw(st.floats(1e-3, 1e9)),
        label={"kind": "volatility", "horizon_bars": 5, "share": 0.1},
        **({name: draw("float64", r, len(OF_SOME_TASKS[name])) for name in OF_SOME_TASKS} if barriers else {}),
    )
    path = tmp_path_factory.mktemp("any") / "panel.safetensors"
    save_panel(panel, path)
    assert_equal(open_panel(path), panel)


def test_prices_and_barriers_are_those_of_their_rows_and_part_of_the_digest(ragged, tmp_path):
    config = LabelsConfig(kind="triple_barrier", horizon_bars=2, barrier_up=1.0, barrier_down=3.0)
    panel = panel_of(ragged.sample(frac=1, random_state=0).sort_values("timestamp"), config, ("bar_range",))
    by_row = ragged.set_index(["asset", "timestamp"])
    for number, (asset, bar) in enumerate(zip(panel.asset, panel.bar, strict=True)):
        own = by_row.loc[(panel.assets[asset], panel.timestamps[bar])]
        assert panel.prices[number].tolist() == [own["high"], own["low"], own["close"]]
        up, down = panel.barriers[number] / own["close"] - 1
        assert np.isnan(up) == (panel.place[number] < 20)
        assert np.isnan(up) or down == pytest.approx(-3 * up)
    save_panel(panel, tmp_path / "panel.safetensors")
    assert panel_digest(open_panel(tmp_path / "panel.safetensors")) == panel_digest(panel)
    for name in OF_SOME_TASKS:
        other = getattr(panel, name).copy()
        other[-1, 0] += 1
        assert panel_digest(dataclasses.replace(panel, **{name: other})) != panel_digest(panel)


def test_a_panel_without_barriers_has_the_digest_and_the_arrays_that_it_always_had(tmp_path):
    panel = make_panel(2, 30, seed=0)
    assert panel_digest(panel) == "86b41fee148afb7c"
    save_panel(panel, tmp_path / "panel.safetensors")
    whole = (tmp_path / "panel.safetensors").read_bytes()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    assert set(header) == {*ARRAYS, "__metadata__"}


def test_opening_copies_nothing(file):
    panel = open_panel(file)
    owners = {id(_owner(getattr(panel, name))) for name in ARRAYS}
    assert len(owners) == 1
    assert type(_owner(panel.features)).__name__ == "mmap"


def _owner(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array.obj if isinstance(array, memoryview) else array


def test_a_panel_that_was_cut_anywhere_is_refused_with_its_name_and_what_to_run(file):
    whole = file.read_bytes()
    for size in [*range(0, len(whole), 7), len(whole) - 1]:
        file.write_bytes(whole[:size])
        with pytest.raises(DamagedFileError, match=r"panel\.safetensors must be a whole panel.*data_engineering"):
            open_panel(file)


@pytest.mark.parametrize("content", [b"[1, 2]", b"{}", b"null", b'{"__metadata__": 3}', b'{"bar": []}', b"[" * 9000])
def test_a_file_of_another_kind_is_no_panel(file, content):
    file.write_bytes(len(content).to_bytes(8, "little") + content)
    with pytest.raises(DamagedFileError, match="must be a whole panel"):
        open_panel(file)


def test_a_flipped_bit_in_the_header_opens_or_is_refused_in_words(file):
    whole, refused = file.read_bytes(), 0
    for place in range(0, 8 * (8 + int.from_bytes(whole[:8], "little")), 19):  # each bit of a byte in turn
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        file.write_bytes(damaged)
        try:
            open_panel(file)
        except (DamagedFileError, StaleInputError):
            refused += 1
    assert refused > 100


def test_writing_into_an_opened_panel_changes_neither_the_file_nor_others(file):
    before = file.read_bytes()
    mine, theirs = open_panel(file), open_panel(file)
    original = theirs.features.copy()
    mine.features[:] = 7
    mine.observed[:] = False
    np.testing.assert_array_equal(theirs.features, original)
    assert theirs.observed.any()
    assert file.read_bytes() == before


def test_saving_over_a_panel_leaves_those_who_have_it_open_alone_and_no_draft_behind(file):
    opened = open_panel(file)
    original = opened.features.copy()
    save_panel(dataclasses.replace(opened, features=opened.features + 1), file)
    np.testing.assert_array_equal(opened.features, original)
    np.testing.assert_array_equal(open_panel(file).features, original + 1)
    assert [child.name for child in file.parent.iterdir()] == ["panel.safetensors"]


# --- samples ---


def slow_rows(panel: Panel, ranges: list[BarRange], window_bars: int) -> list[int]:
    found = []
    for row in range(panel.n_rows):
        own = [before for before in range(row + 1) if panel.asset[before] == panel.asset[row]][-window_bars:]
        inside = any(bars.start <= panel.bar[row] < bars.stop for bars in ranges)
        if inside and panel.labelled[row] and len(own) == window_bars and all(panel.observed[before] for before in own):
            found.append(row)
    return found


@pytest.mark.parametrize("window_bars", [1, 2, 5, 29, 30, 31, 100])
@pytest.mark.parametrize("spans", [[(0, 30)], [(0, 4), (8, 20), (29, 30)], [(5, 5)], []])
def test_samples_of_a_panel_with_gaps_equal_the_slow_search(ragged, window_bars, spans):
    panel = panel_of(ragged, names=("bar_range",))
    ranges = [BarRange(*span) for span in spans]
    assert panel.rows(ranges, window_bars).tolist() == slow_rows(panel, ranges, window_bars)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), assets=st.integers(1, 3), bars=st.integers(1, 14), window_bars=st.integers(1, 17))
def test_samples_equal_the_slow_search_for_any_holes(data, assets, bars, window_bars):
    mostly = st.sampled_from([True, True, True, False])
    observed = data.draw(hnp.arrays("bool", (assets, bars), elements=mostly))
    labelled = data.draw(hnp.arrays("bool", (assets, bars), elements=mostly))
    present = data.draw(hnp.arrays("bool", (assets, bars), elements=mostly))
    panel = make_panel(present=present, observed=observed, labelled=labelled)
    cut = data.draw(st.integers(0, bars))
    ranges = data.draw(st.sampled_from([[BarRange(0, bars)], [BarRange(0, cut)], [BarRange(cut, bars)]]))
    assert panel.rows(ranges, window_bars).tolist() == slow_rows(panel, ranges, window_bars)


def test_a_window_of_all_bars_leaves_the_last_bar_alone(make_bars):
    panel = panel_of(make_bars(10, assets=("AAA",)), names=("bar_range",))
    panel.labelled[:] = True
    assert panel.rows([BarRange(0, 10)], 10).tolist() == [9]
    assert panel.rows([BarRange(0, 10)], 11).tolist() == []
    assert panel.rows([BarRange(0, 10)], 1).tolist() == list(range(10))
