"""Seeds are counted, kept and shown; a run that was stopped goes on, and one of other code begins anew."""

import json
from dataclasses import replace

import pytest
from controls import __main__ as command
from controls.outcome import Control, Outcome, in_words, read, save, show
from rich.console import Console

SEEDS, NEEDED = 5, 4


def outcome(seed, good=True):
    return Outcome(seed, good, {"p": 0.25, "n": 3, "who": "a", "nothing": None}, 1.5)


def control(judge=outcome):
    return Control("what is expected", SEEDS, NEEDED, judge)


@pytest.mark.parametrize(
    ("good", "bad", "holds"),
    [(4, 0, True), (4, 1, True), (3, 0, None), (3, 1, None), (3, 2, False), (0, 2, False), (0, 1, None), (0, 0, None)],
)
def test_a_control_is_decided_as_soon_as_the_seeds_that_are_left_cannot_change_it(good, bad, holds):
    seen = [outcome(seed, seed < good) for seed in range(good + bad)]
    assert control().holds(seen) is holds


def test_outcomes_are_read_back_as_they_were_saved_and_not_by_other_code(tmp_path):
    path, outcomes = tmp_path / "deep" / "controls.json", {"one": [outcome(0), outcome(1, False)]}
    save(outcomes, {"one": control()}, "code", {"cores": 2}, path)
    assert read(path, "code") == outcomes
    assert read(path, "other code") == {}
    assert read(tmp_path / "missing.json", "code") == {}
    kept = json.loads(path.read_text())
    assert kept["controls"]["one"]["holds"] is None
    assert kept["machine"] == {"cores": 2}


def test_the_table_shows_each_seed_and_a_line_says_how_it_went(capsys):
    outcomes = {"one": [outcome(0), outcome(1, False)], "two": []}
    show(outcomes, {"one": control(), "two": control()}, Console(width=100))
    printed = " ".join(capsys.readouterr().out.split())
    assert "0 0.250 3 a - yes" in printed
    assert "1 0.250 3 a - NO" in printed
    assert "one: what is expected: 1 of 2 seeds (5 planned), 4 needed: is not decided yet" in printed
    assert in_words("one", control(), [outcome(seed, seed > 0) for seed in range(5)]).endswith(
        "4 of 5 seeds, 4 needed: holds"
    )


@pytest.fixture
def judged(monkeypatch):
    """Two controls that note which seeds they were asked for; the second is wrong from seed 1 on."""
    asked = []

    def noting(name, good):
        return lambda seed: asked.append((name, seed)) or outcome(seed, good(seed))

    controls = {"right": control(noting("right", lambda _: True)), "wrong": control(noting("wrong", lambda s: s < 1))}
    monkeypatch.setattr(command, "CONTROLS", controls)
    return asked


def typed(monkeypatch, tmp_path, *arguments):
    monkeypatch.setattr("sys.argv", ["controls", *arguments, "--json", str(tmp_path / "controls.json")])
    return command.main()


def test_a_run_goes_on_where_another_ended(judged, monkeypatch, tmp_path):
    assert typed(monkeypatch, tmp_path, "right", "--seeds", "2") == 0
    assert typed(monkeypatch, tmp_path, "right", "--seeds", "3") == 0
    assert judged == [("right", 0), ("right", 1), ("right", 2)]


def test_it_ends_with_1_where_a_control_does_not_hold(judged, monkeypatch, tmp_path):
    assert typed(monkeypatch, tmp_path) == 1
    assert len(judged) == 2 * SEEDS


def test_a_seed_that_fails_leaves_the_earlier_ones(judged, monkeypatch, tmp_path):
    def failing(seed):
        if seed == 2:
            raise RuntimeError("ended with code 1")
        return outcome(seed)

    right = command.CONTROLS["right"]
    monkeypatch.setattr(command, "CONTROLS", {"right": replace(right, judge=failing)})
    with pytest.raises(RuntimeError):
        typed(monkeypatch, tmp_path)
    monkeypatch.setattr(command, "CONTROLS", {"right": right})
    assert typed(monkeypatch, tmp_path) == 0
    assert judged == [("right", 2), ("right", 3), ("right", 4)]


@pytest.mark.parametrize(
    ("arguments", "said"), [(("wrnog",), "choose from right, wrong"), (("--seeds", "0"), "--seeds must be at least 1")]
)
def test_what_cannot_be_meant_is_refused(judged, monkeypatch, tmp_path, capsys, arguments, said):
    with pytest.raises(SystemExit) as end:
        typed(monkeypatch, tmp_path, *arguments)
    assert (end.value.code, judged) == (2, [])
    assert said in capsys.readouterr().err
