"""Every different look at the sealed holdout is entered in the ledger once, before its result exists."""

import fcntl
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kedro.io import DatasetError

from trading_hpo.datasets import HoldoutDataset
from trading_hpo.datasets.holdout import append_look


@pytest.fixture
def ledger(tmp_path) -> Path:
    return tmp_path / "deep" / "ledger.jsonl"


@pytest.fixture
def dataset(tmp_path, ledger) -> HoldoutDataset:
    return HoldoutDataset(filepath=str(tmp_path / "holdout.json"), ledger={"filepath": str(ledger)})


def seen(key: str, first: str = "2020", last: str = "2021", assets: tuple[str, ...] = ("A", "B")) -> dict:
    return {"key": key, "first": first, "last": last, "assets": list(assets)}


def look(key: str, **more) -> dict:
    return {"look": {**seen(key), "model_type": "lstm"}, **more}


def lines(ledger: Path) -> list[dict]:
    return [json.loads(line) for line in ledger.read_text().splitlines()]


def test_a_look_is_entered_and_the_result_says_how_many_there_were(dataset, ledger):
    dataset.save(look("a", mcc=0.1))
    assert lines(ledger) == [{**seen("a"), "model_type": "lstm"}]
    assert dataset.load() == look("a", mcc=0.1, looks_so_far=1, related_looks={})
    dataset.save(look("b", mcc=0.2))
    assert [line["key"] for line in lines(ledger)] == ["a", "b"]
    assert dataset.load() == look("b", mcc=0.2, looks_so_far=2, related_looks={})


def test_the_same_look_repeated_counts_once(dataset, ledger):
    for _ in range(3):
        dataset.save(look("a"))
    assert len(lines(ledger)) == 1
    assert dataset.load()["looks_so_far"] == 1


def test_looks_of_several_model_types_share_one_ledger(tmp_path, ledger):
    for number, name in enumerate(["mlp", "lstm", "cnn_lstm"], start=1):
        own = HoldoutDataset(filepath=str(tmp_path / f"{name}.json"), ledger={"filepath": str(ledger)})
        own.save(look(name))
        assert own.load()["looks_so_far"] == number


def test_a_result_without_a_look_is_no_look(dataset, ledger):
    dataset.save({"skipped": "no network"})
    assert dataset.load() == {"skipped": "no network"}
    assert not ledger.exists()


def test_a_look_counts_even_if_its_result_cannot_be_saved(dataset, ledger):
    with pytest.raises(DatasetError):
        dataset.save(look("a", mcc=float("nan")))
    assert [line["key"] for line in lines(ledger)] == ["a"]
    assert dataset.load() == {"skipped": "not run yet"}


def test_earlier_lines_are_never_rewritten(ledger):
    append_look(seen("a"), ledger)
    before = ledger.read_bytes()
    assert append_look(seen("b"), ledger)["looks_so_far"] == 2
    assert ledger.read_bytes().startswith(before)


def test_looks_at_the_same_time_are_all_counted(ledger):
    keys = [f"{number % 20}" for number in range(100)]
    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(lambda key: append_look(seen(key), ledger)["looks_so_far"], keys))
    assert sorted(line["key"] for line in lines(ledger)) == sorted(set(keys))
    assert max(counts) == 20


def test_a_look_waits_for_the_one_that_is_being_entered(ledger):
    append_look(seen("a"), ledger)
    with ledger.open("a") as other, ThreadPoolExecutor(1) as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = pool.submit(append_look, seen("b"), ledger)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        assert [line["key"] for line in lines(ledger)] == ["a"]
        other.write(json.dumps(seen("b")) + "\n")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_UN)
        assert waiting.result(timeout=300)["looks_so_far"] == 2
    assert [line["key"] for line in lines(ledger)] == ["a", "b"]


def test_only_looks_at_the_same_bars_are_added_up(ledger):
    append_look(seen("a"), ledger)
    assert append_look(seen("later", "2022", "2023"), ledger)["looks_so_far"] == 1
    assert append_look(seen("others", assets=("C",)), ledger)["looks_so_far"] == 1
    assert append_look(seen("longer", "2019", "2022", ("B", "C")), ledger)["looks_so_far"] == 4


def test_looks_at_an_index_and_at_stocks_in_it_are_said_and_do_not_count_as_the_same(ledger):
    for key, assets in (("a", ("SP500",)), ("b", ("AAPL", "JPM")), ("c", ("BTC",)), ("d", ("AAPL",))):
        append_look(seen(key, assets=assets), ledger)
    found = append_look(seen("e", assets=("^GSPC",)), ledger)
    assert found == {"looks_so_far": 1, "related_looks": {"S&P 500": 2}}
    found = append_look(seen("f", assets=("KO", "MSFT")), ledger)
    assert found == {"looks_so_far": 1, "related_looks": {"S&P 500": 2}}
    assert append_look(seen("g", "2030", "2031", ("AAPL",)), ledger)["related_looks"] == {}
