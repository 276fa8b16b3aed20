"""How rows are made of what workers noted, on diaries short enough to be counted by hand."""

import benchmarks.workers as workers_row
import pytest
from benchmarks.diary import Entry
from benchmarks.memory import growth_mb
from benchmarks.node import cost_share
from benchmarks.project import Stage


def entry(worker, trial, began, ended, metrics_s=0.0, search_cpu_s=0.0, resting_mb=0.0):
    return Entry(worker, trial, began, ended, ended - began, metrics_s, search_cpu_s, resting_mb, peak_own_mb=0.0)


def stage(*entries, began=0.0, asked=1.0, ended=100.0):
    return Stage(began, asked, ended, sorted(entries, key=lambda e: e.ended))


def test_a_stage_that_only_trains_costs_nothing():
    entries = [entry(1, 0, 5, 5), entry(2, 0, 6, 6), entry(1, 1, 5, 25), entry(2, 1, 6, 20)]
    # Starts (1 to 5 and 6) and the second worker's idle tail (20 to 25) are nobody's cost.
    assert cost_share(stage(*entries, asked=0.0, ended=25.0)) == 0.0


def test_cost_is_what_is_outside_waits_metrics_and_the_search_s_own_processor_time():
    entries = [
        entry(1, 0, 11, 11, search_cpu_s=3.0),
        entry(2, 0, 11, 11, search_cpu_s=3.0),
        entry(1, 1, 12, 101, metrics_s=2.0),  # waited for 1 s
        entry(2, 1, 11, 101, search_cpu_s=4.0),
    ]
    # Outside: 1 before the first worker is asked for, 4 after the last epoch; in between (1 + 2 + 1) / 2 workers.
    assert cost_share(stage(*entries, asked=1.0, ended=105.0)) == pytest.approx((5 + 2) / (5 + 90))


def test_growth_counts_from_the_tenth_trial():
    warming = [entry(1, trial, 0, 0, resting_mb=300.0 * trial) for trial in range(10)]
    steady = [entry(1, trial, 0, 0, resting_mb=3000 + 0.5 * trial) for trial in range(10, 101)]
    assert growth_mb(warming + steady) == pytest.approx(45.0)


@pytest.mark.parametrize(
    ("shares", "ratios", "kept"),
    [
        ([1.0, 1.0, 1.0], [1.9, 2.0, 1.8], [1.9, 2.0, 1.8]),
        ([0.5, 1.0, 1.0, 0.6, 1.0], [1.0, 1.9, 1.8, 1.1, 2.0], [1.9, 1.8, 2.0]),
        ([0.5] * 7, [1.0, 1.1, 1.2, 1.0, 1.1, 1.2, 1.1], [1.0, 1.1, 1.2, 1.0, 1.1, 1.2, 1.1]),
    ],
)
def test_pairs_whose_workers_had_no_core_are_tried_again_but_not_for_ever(monkeypatch, tmp_path, shares, ratios, kept):
    done = iter(zip(shares, ratios, strict=True))
    pair = {}

    def rate(_, workers):
        if not pair:
            pair["share"], pair["ratio"] = next(done)
            pair["left"] = 2
        pair["left"] -= 1
        share, value = pair["share"], pair["ratio"] if workers == 2 else 1.0
        if not pair["left"]:
            pair.clear()
        return workers_row._Rate(value, share)

    monkeypatch.setattr(workers_row, "_rate", rate)
    monkeypatch.setattr(workers_row, "quiet", lambda **_: 0.0)
    monkeypatch.setattr(workers_row, "default_workers", lambda: 2)
    (row,) = workers_row.rows(tmp_path)
    assert row.values == kept
