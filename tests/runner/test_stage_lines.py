"""What is shown of the stages around the searches."""

import io

import pytest
from kedro.pipeline import Pipeline, node, pipeline
from rich.console import Console
from tests.makers.clocked import Clock

from trading_hpo.runner import stage_lines
from trading_hpo.runner.stage_lines import StageLines
from trading_hpo.training.following import epoch_ended


def of(stage, *names):
    """Nodes of a stage that depend on each other in their order."""
    inputs = [None, *names[:-1]]
    nodes = [node(lambda *_: None, given, made, name=made) for given, made in zip(inputs, names, strict=True)]
    return list(pipeline(nodes, namespace=stage, prefix_datasets_with_namespace=False).nodes)


DATA, RETRAINING = of("data_engineering", "a", "b"), [*of("retraining.mlp", "mlp"), *of("retraining.lstm", "lstm")]
SEARCH, OWN = of("hpo.mlp", "search"), list(Pipeline([node(lambda: None, None, "x", name="own")]).nodes)
ALL = [*DATA, *SEARCH, *OWN, *RETRAINING]


@pytest.fixture
def shown(monkeypatch):
    """Run some of the nodes for five seconds each, and return what is printed."""

    def run(ran, terminal=False):
        clock, file = Clock(), io.StringIO()
        monkeypatch.setattr(stage_lines.time, "monotonic", clock)
        lines = StageLines(ALL, Console(file=file, force_terminal=terminal, width=80))
        for one in ALL:
            if one in ran:
                with lines.running(one):
                    clock.now += 5.0
            lines.passed(one)
        return file.getvalue()

    return run


def test_a_file_gets_one_line_of_each_stage_that_has_run(shown):
    assert shown(ALL) == "data engineering  0:10\nretraining  0:10\n"


def test_a_stage_that_is_up_to_date_says_nothing(shown):
    assert shown([]) == ""
    assert shown(RETRAINING[:1]) == "retraining  0:05\n", "the last model type was up to date"


def test_a_terminal_sees_what_runs_and_every_model_type_that_was_trained(shown):
    said = shown(ALL, terminal=True)
    assert "retraining mlp (1 of 2)  elapsed 0:0" in said
    for line in ("data engineering  0:10\n", "retraining mlp (1 of 2)  0:05\n", "retraining lstm (2 of 2)  0:05\n"):
        assert line in said.replace("\r", "")
    assert "search" not in said
    assert "own" not in said


def test_a_training_shows_its_epochs():
    file, node = io.StringIO(), RETRAINING[1]
    lines = StageLines(ALL, Console(file=file, force_terminal=True, width=80))
    with lines.running(node):
        epoch_ended(1, 6)
        epoch_ended(2, 6)
    epoch_ended(3, 6)  # no follower is set
    assert "retraining lstm (2 of 2)  epoch 2 of 6  0:00\n" in file.getvalue().replace("\r", "")
    assert "epoch 3" not in file.getvalue()


def test_a_node_that_fails_or_is_interrupted_leaves_the_terminal_as_it_was():
    file = io.StringIO()
    lines = StageLines(ALL, Console(file=file, force_terminal=True))
    with pytest.raises(KeyboardInterrupt), lines.running(DATA[0]):
        raise KeyboardInterrupt
    assert "\x1b[?25h" in file.getvalue(), "its cursor is there again"
