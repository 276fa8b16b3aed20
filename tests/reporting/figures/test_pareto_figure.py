import pytest
from tests.makers.studies import study_of, trial_of

from trading_hpo.reporting.figures.pareto import pareto_figure


def study_with(*trials, n=2):
    return study_of(
        *(trial_of(*values, constraints=constraints) for values, constraints in trials),
        name="made-up.mlp",
        directions=["maximize", *["minimize"] * (n - 1)],
        metrics=["mcc", "model_size_mb", "training_gflop"][:n],
    )


def drawn(figure):
    return {trace.name: sorted(zip(trace.x, trace.y, strict=True)) for trace in figure.data if trace.showlegend}


def test_front_beaten_broken_and_chosen_are_told_apart():
    figure = pareto_figure(
        study_with(
            ([0.1, 1.0], {"0": -1.0}), ([0.3, 2.0], {"0": -1.0}), ([0.2, 3.0], {"0": -1.0}), ([0.9, 1.0], {"0": 0.5})
        ),
        "mlp",
    )
    assert drawn(figure) == {
        "front": [(1.0, 0.1), (2.0, 0.3)],
        "beaten": [(3.0, 0.2)],
        "breaks a constraint": [(1.0, 0.9)],
        "chosen by the weights": [(1.0, 0.1)],
    }
    assert "made-up.mlp" in figure.layout.title.text


def test_three_objectives_are_two_pictures_with_one_legend():
    figure = pareto_figure(study_with(([0.1, 1.0, 5.0], None), ([0.2, 2.0, 4.0], None), n=3), "mlp")
    assert figure.layout.xaxis.title.text == "model_size_mb (MB), lower is better"
    assert figure.layout.xaxis2.title.text == "training_gflop (GFLOP), lower is<br>better"
    assert figure.layout.yaxis.title.text == figure.layout.yaxis2.title.text == "mcc, higher is better"
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]  # one below the other
    assert [trace.showlegend for trace in figure.data].count(True) == len(drawn(figure)) == 2


@pytest.mark.parametrize(
    ("study", "said"),
    [
        (lambda: study_of(name="made-up.mlp"), "one objective: its front is the best trial"),
        (study_with, "no complete trial yet, of 0 begun"),
    ],
)
def test_a_study_without_a_front_says_why(study, said):
    figure = pareto_figure(study(), "mlp")
    assert not figure.data
    assert said in figure.layout.annotations[0].text.replace("<br>", " ")
